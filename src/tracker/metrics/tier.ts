/**
 * The tier of a chunk: what each block of 128 points looks like from afar, so that a curve of a million points is
 * drawn without decoding them. Eleven f64 a block, in the order of {@link Block}'s fields.
 */
import type { Columns } from './points.ts';
import { emptyStats, foldPoints } from './stats.ts';

export const BLOCK_POINTS = 128;
const STRIDE = 11;

/** A block in numbers: where it starts, its finite extremes (min > max when there are none), its first non-finite point. */
export interface Block {
  readonly firstStep: number;
  readonly firstTime: number;
  readonly min: number;
  readonly minStep: number;
  readonly minTime: number;
  readonly max: number;
  readonly maxStep: number;
  readonly maxTime: number;
  readonly badStep: number;
  readonly badTime: number;
  readonly badKinds: number;
}

export function buildTier(points: Columns): Uint8Array {
  const blocks = Math.ceil(points.steps.length / BLOCK_POINTS);
  const tier = new Float64Array(blocks * STRIDE);
  for (let block = 0; block < blocks; block++) {
    const stats = emptyStats();
    foldPoints(stats, points, block * BLOCK_POINTS, Math.min((block + 1) * BLOCK_POINTS, points.steps.length));
    const { firstStep, firstTime, min, minStep, minTime, max, maxStep, maxTime, badStep, badTime, badKinds } = stats;
    tier.set(
      [firstStep, firstTime, min, minStep, minTime, max, maxStep, maxTime, badStep, badTime, badKinds],
      block * STRIDE,
    );
  }
  return new Uint8Array(tier.buffer);
}

export function readTier(bytes: Uint8Array): Block[] {
  const numbers = new Float64Array(Uint8Array.from(bytes).buffer);
  const blocks: Block[] = [];
  const at = (index: number): number => numbers[index] ?? 0;
  for (let i = 0; i < numbers.length; i += STRIDE) {
    blocks.push({
      firstStep: at(i),
      firstTime: at(i + 1),
      min: at(i + 2),
      minStep: at(i + 3),
      minTime: at(i + 4),
      max: at(i + 5),
      maxStep: at(i + 6),
      maxTime: at(i + 7),
      badStep: at(i + 8),
      badTime: at(i + 9),
      badKinds: at(i + 10),
    });
  }
  return blocks;
}
