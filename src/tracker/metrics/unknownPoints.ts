import type { ChunkTable } from './chunkTable.ts';
import { type Columns, compareKeys, contains, keyAt, type PointKey } from './points.ts';
import type { SeriesState } from './runTable.ts';
import { lastOf } from './stats.ts';

/** The points of a batch that the series does not have. Behind its last point, the usual case, that is all of them. */
export function unknownPoints(series: SeriesState, batch: Columns, chunks: ChunkTable): Columns {
  const newest = newestOf(series);
  if (newest === undefined || compareKeys(newest, keyAt(batch, 0)) < 0) return batch;
  const parts = [...series.pending, series.tail.points];
  const fresh: number[] = [];
  for (let i = 0; i < batch.steps.length; i++) {
    const key = keyAt(batch, i);
    const ahead = compareKeys(key, newest) > 0;
    if (ahead || !(parts.some((part) => contains(part, key)) || chunks.contains(series.id, key))) fresh.push(i);
  }
  return fresh.length === batch.steps.length ? batch : pick(batch, fresh);
}

function newestOf({ stats, pending }: SeriesState): PointKey | undefined {
  let newest: PointKey | undefined = stats.count > 0 ? lastOf(stats) : undefined;
  for (const part of pending) {
    const last = keyAt(part, part.steps.length - 1);
    if (newest === undefined || compareKeys(last, newest) > 0) newest = last;
  }
  return newest;
}

function pick(points: Columns, indices: readonly number[]): Columns {
  const at = (column: Float64Array): Float64Array => Float64Array.from(indices, (index) => column[index] ?? 0);
  return { steps: at(points.steps), times: at(points.times), values: at(points.values) };
}
