/**
 * Curves for a screen: one minimum and one maximum a bucket, at the places where they are, and a mark where values
 * are not finite. Works from the coarsest description that still fits into a bucket: a whole chunk's statistics, a
 * block of its tier, or its points.
 */
import type { Columns } from './points.ts';
import { kindOf, type Stats } from './stats.ts';
import { BLOCK_POINTS, type Block } from './tier.ts';

export interface ReduceOptions {
  /** `relative` is milliseconds since `origin`, or since the series' earliest point; `time` is since the epoch. */
  readonly axis: 'step' | 'time' | 'relative';
  readonly origin?: number;
  /** The range in units of the axis, both ends included; the whole series without it. */
  readonly from?: number;
  readonly to?: number;
  /** Usually one for each pixel, or for two. */
  readonly buckets: number;
}

export interface Reduced {
  /**
   * Triples (x, value, kind) by rising x. Kind 0 is a logged point. Else the value is NaN, which a chart draws as a
   * gap, and kind has the bits 1 (NaN), 2 (+Infinity), 4 (-Infinity) of what was logged there.
   */
  readonly points: Float64Array<ArrayBuffer>;
  /** Whether every point of the range is there, each as it was logged. */
  readonly exact: boolean;
  /** The range shown, in units of the axis. */
  readonly from: number;
  readonly to: number;
}

/** Points of a series that can be looked at in three resolutions. Without a tier, `points` is used. */
export interface Part {
  readonly stats: Stats;
  tier(): Block[] | undefined;
  points(): Columns;
}

/** Two chunks cut by the ends of the range, and a tail, make the number of points in it uncertain by this much. */
const EDGE_POINTS = 3 * 4096;

/** @param whole the statistics of the whole series, which give the range where the options do not. */
export function reduceParts(parts: readonly Part[], whole: Stats, options: ReduceOptions): Reduced {
  const byStep = options.axis === 'step';
  const origin = options.axis === 'relative' ? (options.origin ?? whole.earliest) : 0;
  const from = options.from === undefined ? (byStep ? whole.firstStep : whole.earliest) : options.from + origin;
  const to = options.to === undefined ? (byStep ? whole.lastStep : whole.latest) : options.to + origin;
  const shown = { from: from - origin, to: to - origin };
  const buckets = Math.max(1, Math.floor(options.buckets));
  const near = parts.filter(({ stats }) => highOf(stats, byStep) >= from && lowOf(stats, byStep) <= to);
  const most = near.reduce((total, part) => total + part.stats.count, 0);
  if (most <= 2 * buckets + EDGE_POINTS) {
    const exact = exactTriples(near, byStep, from, to, origin);
    if (exact.length <= 3 * 2 * buckets) return { points: exact, exact: true, ...shown };
  }
  const sink = new Buckets(from, to, buckets, byStep);
  for (const part of near) addPart(sink, part);
  return { points: sink.triples(origin), exact: false, ...shown };
}

function addPart(sink: Buckets, part: Part): void {
  const { stats } = part;
  const { byStep } = sink;
  const low = lowOf(stats, byStep);
  const high = highOf(stats, byStep);
  if (sink.fits(low, high)) {
    sink.addExtremes(low, stats);
    return;
  }
  // A block tells where it starts; that the next one starts behind it is only so where the axis follows the order.
  const tier = byStep || stats.inTime === 1 ? part.tier() : undefined;
  if (tier === undefined) {
    sink.addPoints(part.points());
    return;
  }
  let points: Columns | undefined;
  tier.forEach((block, index) => {
    const next = tier[index + 1];
    const start = byStep ? block.firstStep : block.firstTime;
    const end = next === undefined ? high : byStep ? next.firstStep : next.firstTime;
    if (sink.fits(start, end)) sink.addExtremes(start, block);
    else if (end >= sink.from && start <= sink.to) {
      points ??= part.points();
      sink.addPoints(points, index * BLOCK_POINTS, (index + 1) * BLOCK_POINTS);
    }
  });
}

function lowOf(stats: Stats, byStep: boolean): number {
  return byStep ? stats.firstStep : stats.earliest;
}

function highOf(stats: Stats, byStep: boolean): number {
  return byStep ? stats.lastStep : stats.latest;
}

function exactTriples(parts: readonly Part[], byStep: boolean, from: number, to: number, origin: number) {
  const triples: number[] = [];
  for (const part of parts) {
    const points = part.points();
    const xs = byStep ? points.steps : points.times;
    xs.forEach((x, i) => {
      const value = points.values[i] ?? Number.NaN;
      if (x >= from && x <= to) triples.push(x - origin, Number.isFinite(value) ? value : Number.NaN, kindOf(value));
    });
  }
  return inOrder(Float64Array.from(triples));
}

class Buckets {
  readonly from: number;
  readonly to: number;
  readonly byStep: boolean;
  readonly #width: number;
  readonly #min: Float64Array;
  readonly #minX: Float64Array;
  readonly #max: Float64Array;
  readonly #maxX: Float64Array;
  readonly #badX: Float64Array;
  readonly #kinds: Uint8Array;

  constructor(from: number, to: number, count: number, byStep: boolean) {
    this.from = from;
    this.to = to;
    this.byStep = byStep;
    this.#width = (to - from) / count;
    this.#min = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.#minX = new Float64Array(count);
    this.#max = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#maxX = new Float64Array(count);
    this.#badX = new Float64Array(count);
    this.#kinds = new Uint8Array(count);
  }

  /** Whether something that spans [low, high] is inside the range and no wider than a bucket. */
  fits(low: number, high: number): boolean {
    return low >= this.from && high <= this.to && high - low <= this.#width;
  }

  /** All of a block or chunk goes to the bucket where it starts, so that a bucket's extremes are those of its blocks. */
  addExtremes(start: number, part: Block | Stats): void {
    const bucket = this.#bucket(start);
    if (part.min <= part.max) {
      this.#low(bucket, this.byStep ? part.minStep : part.minTime, part.min);
      this.#high(bucket, this.byStep ? part.maxStep : part.maxTime, part.max);
    }
    if (part.badKinds !== 0) this.#bad(bucket, this.byStep ? part.badStep : part.badTime, part.badKinds);
  }

  addPoints(points: Columns, start = 0, end = points.steps.length): void {
    const xs = this.byStep ? points.steps : points.times;
    const stop = Math.min(end, xs.length);
    for (let i = start; i < stop; i++) {
      const x = xs[i] ?? 0;
      if (x < this.from || x > this.to) continue;
      const value = points.values[i] ?? Number.NaN;
      const bucket = this.#bucket(x);
      if (Number.isFinite(value)) {
        this.#low(bucket, x, value);
        this.#high(bucket, x, value);
      } else this.#bad(bucket, x, kindOf(value));
    }
  }

  triples(origin: number): Float64Array<ArrayBuffer> {
    const triples: number[] = [];
    for (let i = 0; i < this.#kinds.length; i++) {
      const kinds = this.#kinds[i] ?? 0;
      const min = this.#min[i] ?? 0;
      const max = this.#max[i] ?? 0;
      const minX = this.#minX[i] ?? 0;
      const maxX = this.#maxX[i] ?? 0;
      if (min <= max) {
        triples.push(minX - origin, min, 0);
        if (min !== max || minX !== maxX) triples.push(maxX - origin, max, 0);
      }
      if (kinds !== 0) triples.push((this.#badX[i] ?? 0) - origin, Number.NaN, kinds);
    }
    return inOrder(Float64Array.from(triples));
  }

  #bucket(x: number): number {
    return this.#width > 0 ? Math.min(this.#kinds.length - 1, Math.floor((x - this.from) / this.#width)) : 0;
  }

  #low(bucket: number, x: number, value: number): void {
    if (value >= (this.#min[bucket] ?? 0)) return;
    this.#min[bucket] = value;
    this.#minX[bucket] = x;
  }

  #high(bucket: number, x: number, value: number): void {
    if (value <= (this.#max[bucket] ?? 0)) return;
    this.#max[bucket] = value;
    this.#maxX[bucket] = x;
  }

  #bad(bucket: number, x: number, kinds: number): void {
    if (this.#kinds[bucket] === 0 || x < (this.#badX[bucket] ?? 0)) this.#badX[bucket] = x;
    this.#kinds[bucket] = (this.#kinds[bucket] ?? 0) | kinds;
  }
}

/** Triples by rising x. They nearly always are already; times of several processes may not be. */
function inOrder(triples: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const x = (index: number): number => triples[index * 3] ?? 0;
  const count = triples.length / 3;
  let rising = true;
  for (let i = 1; i < count; i++) if (x(i) < x(i - 1)) rising = false;
  if (rising) return triples;
  const order = Array.from({ length: count }, (_, index) => index).sort((a, b) => x(a) - x(b));
  const result = new Float64Array(triples.length);
  order.forEach((from, to) => {
    result.set(triples.subarray(from * 3, from * 3 + 3), to * 3);
  });
  return result;
}
