/**
 * Upper bounds of the latency histogram in seconds: 50 µs to 60 s, about 1.4 apart, so that a quantile read from it is
 * at most that factor off.
 */
export const BOUNDS: readonly number[] = Array.from({ length: 41 }, (_, index) =>
  Number((0.00005 * 2 ** (index / 2)).toPrecision(3)),
);

/** Counts of a histogram, one for each bound and one for what is above the last. */
export class Histogram {
  readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    let low = 0;
    let high = BOUNDS.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seconds <= (BOUNDS[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] ?? 0) + 1;
    this.sum += seconds;
    this.count++;
  }
}

/** The value below which the fraction `q` of observations lies, interpolated inside its bucket; undefined for none. */
export function quantile(counts: readonly number[], q: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = q * total;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && left <= count) {
      const low = BOUNDS[index - 1] ?? 0;
      return low + ((BOUNDS[index] ?? low) - low) * (left / count);
    }
    left -= count;
  }
  return BOUNDS.at(-1);
}
