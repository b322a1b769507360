import type { Columns, PointKey } from './points.ts';

/** What non-finite values a set of points holds, as bits. */
export const NAN_SEEN = 1;
export const PLUS_INFINITY_SEEN = 2;
export const MINUS_INFINITY_SEEN = 4;

/**
 * Everything that is known of a set of points without reading them. One shape serves a chunk's head, a series' stored
 * state and a live series, so that folding and merging exist once. `min*` and `max*` are of the finite values, with
 * the step and time (ms) of their first occurrence; `bad*` tells of the first non-finite one.
 */
export interface Stats {
  count: number;
  nonFinite: number;
  firstStep: number;
  firstTime: number;
  firstValue: number;
  lastStep: number;
  lastTime: number;
  lastValue: number;
  earliest: number;
  latest: number;
  min: number;
  minStep: number;
  minTime: number;
  max: number;
  maxStep: number;
  maxTime: number;
  badStep: number;
  badTime: number;
  badKinds: number;
  /** 1 while timestamps never fall along the order of steps, so that first and last also bound the times. */
  inTime: number;
}

export function emptyStats(): Stats {
  return {
    count: 0,
    nonFinite: 0,
    firstStep: 0,
    firstTime: 0,
    firstValue: 0,
    lastStep: 0,
    lastTime: 0,
    lastValue: 0,
    earliest: Number.POSITIVE_INFINITY,
    latest: Number.NEGATIVE_INFINITY,
    min: Number.POSITIVE_INFINITY,
    minStep: 0,
    minTime: 0,
    max: Number.NEGATIVE_INFINITY,
    maxStep: 0,
    maxTime: 0,
    badStep: 0,
    badTime: 0,
    badKinds: 0,
    inTime: 1,
  };
}

const FIELDS = Object.keys(emptyStats()) as (keyof Stats)[];

/** Takes the sorted points [from, to) in. They may lie anywhere relative to what is known already. */
export function foldPoints(stats: Stats, points: Columns, from = 0, to = points.steps.length): void {
  for (let i = from; i < to; i++) {
    const step = points.steps[i] ?? 0;
    const time = points.times[i] ?? 0;
    const value = points.values[i] ?? 0;
    if (stats.count === 0 || isBefore(step, time, value, stats.firstStep, stats.firstTime, stats.firstValue)) {
      if (stats.count > 0 && time > stats.firstTime) stats.inTime = 0;
      stats.firstStep = step;
      stats.firstTime = time;
      stats.firstValue = value;
    }
    if (stats.count === 0 || isBefore(stats.lastStep, stats.lastTime, stats.lastValue, step, time, value)) {
      if (stats.count > 0 && time < stats.lastTime) stats.inTime = 0;
      stats.lastStep = step;
      stats.lastTime = time;
      stats.lastValue = value;
    } else {
      // A point in the middle: whether the times around it still rise is not known here.
      stats.inTime = 0;
    }
    stats.count++;
    if (time < stats.earliest) stats.earliest = time;
    if (time > stats.latest) stats.latest = time;
    foldValue(stats, step, time, value);
  }
}

function foldValue(stats: Stats, step: number, time: number, value: number): void {
  if (!Number.isFinite(value)) {
    const kind = kindOf(value);
    if (stats.nonFinite++ === 0 || step < stats.badStep || (step === stats.badStep && time < stats.badTime)) {
      stats.badStep = step;
      stats.badTime = time;
    }
    stats.badKinds |= kind;
    return;
  }
  if (value < stats.min || (value === stats.min && step < stats.minStep)) {
    stats.min = value;
    stats.minStep = step;
    stats.minTime = time;
  }
  if (value > stats.max || (value === stats.max && step < stats.maxStep)) {
    stats.max = value;
    stats.maxStep = step;
    stats.maxTime = time;
  }
}

/** 0 for a finite value, else its bit of {@link NAN_SEEN}, {@link PLUS_INFINITY_SEEN}, {@link MINUS_INFINITY_SEEN}. */
export function kindOf(value: number): number {
  if (Number.isFinite(value)) return 0;
  if (Number.isNaN(value)) return NAN_SEEN;
  return value > 0 ? PLUS_INFINITY_SEEN : MINUS_INFINITY_SEEN;
}

/** The greatest point by step, then timestamp, then value: MLflow's latest. */
export function lastOf(stats: Stats): PointKey {
  return { step: stats.lastStep, time: stats.lastTime, value: stats.lastValue };
}

export function packStats(stats: Stats): Uint8Array {
  return new Uint8Array(Float64Array.from(FIELDS, (field) => stats[field]).buffer);
}

export function unpackStats(bytes: Uint8Array): Stats {
  const numbers = new Float64Array(Uint8Array.from(bytes).buffer);
  const stats = emptyStats();
  FIELDS.forEach((field, index) => {
    stats[field] = numbers[index] ?? stats[field];
  });
  return stats;
}

function isBefore(aStep: number, aTime: number, a: number, bStep: number, bTime: number, b: number): boolean {
  if (aStep !== bStep) return aStep < bStep;
  if (aTime !== bTime) return aTime < bTime;
  return a < b || (Number.isNaN(a) && !Number.isNaN(b));
}
