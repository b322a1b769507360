/**
 * Points of one series as columns, always sorted and without duplicates.
 *
 * The order is total: step, then timestamp, then value, with NaN below every number, so "the last point" of a series
 * is the one MLflow reports as latest and two processes that log the same step can never tie.
 */

/** One logged value. `step` and `timestamp` (milliseconds since the epoch) are safe integers; `value` may be NaN or ±Infinity. */
export interface MetricPoint {
  readonly key: string;
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
}

/** Points without their key, as parallel arrays of equal length. */
export interface Columns {
  readonly steps: Float64Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** The identity of a point within its series, which is also its place in the order. */
export interface PointKey {
  readonly step: number;
  readonly time: number;
  readonly value: number;
}

export const NO_POINTS: Columns = columns(0);

export function columns(length: number): Columns {
  return { steps: new Float64Array(length), times: new Float64Array(length), values: new Float64Array(length) };
}

/** Negative, zero or positive as `a` sorts before, with or after `b`. */
export function compareKeys(a: PointKey, b: PointKey): number {
  return a.step - b.step || a.time - b.time || compareValues(a.value, b.value);
}

export function compareValues(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number(!Number.isNaN(a)) - Number(!Number.isNaN(b));
}

export function keyAt(points: Columns, index: number): PointKey {
  return {
    step: points.steps[index] ?? Number.NaN,
    time: points.times[index] ?? Number.NaN,
    value: points.values[index] ?? Number.NaN,
  };
}

/** The first index whose point is not before `key`. */
export function lowerBound(points: Columns, key: PointKey): number {
  let low = 0;
  let high = points.steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keyAt(points, middle), key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function contains(points: Columns, key: PointKey): boolean {
  const index = lowerBound(points, key);
  return index < points.steps.length && compareKeys(keyAt(points, index), key) === 0;
}

export function slice(points: Columns, from: number, to: number): Columns {
  return {
    steps: points.steps.subarray(from, to),
    times: points.times.subarray(from, to),
    values: points.values.subarray(from, to),
  };
}

/** Sorted parts that may overlap, as one sorted whole. Points present in several parts are kept once. */
export function merge(parts: readonly Columns[]): Columns {
  const filled = parts.filter((part) => part.steps.length > 0);
  const only = filled[0];
  if (only === undefined) return NO_POINTS;
  if (filled.length === 1) return only;
  const joined = concatenate(filled);
  return isSorted(joined) ? joined : sorted(joined);
}

/** The same points, sorted and de-duplicated, in new arrays. */
export function sorted(points: Columns): Columns {
  const length = points.steps.length;
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  const { steps, times, values } = points;
  const at = (array: Float64Array, index: number): number => array[index] ?? 0;
  order.sort(
    (a, b) => at(steps, a) - at(steps, b) || at(times, a) - at(times, b) || compareValues(at(values, a), at(values, b)),
  );
  const result = columns(length);
  let count = 0;
  for (const from of order) {
    const key = keyAt(points, from);
    if (count > 0 && compareKeys(keyAt(result, count - 1), key) === 0) continue;
    put(result, count++, key);
  }
  return slice(result, 0, count);
}

/** Whether the points are in strictly rising order, and so without duplicates. */
export function isSorted(points: Columns): boolean {
  const { steps, times, values } = points;
  for (let i = 1; i < steps.length; i++) {
    const ahead = (steps[i] ?? 0) - (steps[i - 1] ?? 0);
    if (ahead > 0) continue;
    if (ahead < 0) return false;
    const later = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (later > 0) continue;
    if (later < 0 || compareValues(values[i] ?? 0, values[i - 1] ?? 0) <= 0) return false;
  }
  return true;
}

export function put(points: Columns, index: number, key: PointKey): void {
  points.steps[index] = key.step;
  points.times[index] = key.time;
  points.values[index] = key.value;
}

function concatenate(parts: readonly Columns[]): Columns {
  const result = columns(parts.reduce((total, part) => total + part.steps.length, 0));
  let at = 0;
  for (const part of parts) {
    result.steps.set(part.steps, at);
    result.times.set(part.times, at);
    result.values.set(part.values, at);
    at += part.steps.length;
  }
  return result;
}
