/** A curve to draw: equally long, sorted by x; NaN in `y` is a gap. */
export interface DrawnCurve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Turns the reply of `runs.curves` into arrays; `null` (something not finite was logged there) becomes a gap. */
export function toCurve(curve: { readonly x: readonly number[]; readonly y: readonly (number | null)[] }): DrawnCurve {
  return { x: Float64Array.from(curve.x), y: Float64Array.from(curve.y, (value) => value ?? Number.NaN) };
}

/**
 * Exponential moving average with the bias of its start removed, as TensorBoard smooths: s ← w·s + (1−w)·y, divided by
 * 1−wⁿ. `weight` 0 leaves the curve as it is; gaps stay gaps and do not disturb what follows.
 */
export function smooth(y: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return y;
  const result = new Float64Array(y.length);
  let sum = 0;
  let bias = 1;
  for (let i = 0; i < y.length; i++) {
    const value = y[i] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      result[i] = Number.NaN;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    bias *= weight;
    result[i] = sum / (1 - bias);
  }
  return result;
}

/** Index of the point nearest to `x`, gaps left out; −1 for an empty curve. */
export function nearest(curve: DrawnCurve, x: number): number {
  const { length } = curve.x;
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((curve.x[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  let best = -1;
  let distance = Number.POSITIVE_INFINITY;
  for (let i = Math.max(0, low - 8); i < Math.min(length, low + 8); i++) {
    const away = Math.abs((curve.x[i] ?? 0) - x);
    if (away < distance && Number.isFinite(curve.y[i] ?? Number.NaN)) {
      best = i;
      distance = away;
    }
  }
  return best;
}

/** Smallest and largest finite value, or undefined when there is none. With `positiveOnly`, zero and below do not count. */
export function extent(values: Iterable<Float64Array>, positiveOnly = false): [number, number] | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const array of values) {
    for (const value of array) {
      if (!Number.isFinite(value) || (positiveOnly && value <= 0)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min <= max ? [min, max] : undefined;
}
