import { type Columns, columns, isSorted, type MetricPoint, sorted } from './points.ts';

/**
 * Points by key, each key's sorted and without duplicates.
 * @throws RangeError when a step or timestamp is not a safe integer or a value is not a number.
 */
export function collectSeries(points: readonly MetricPoint[]): Map<string, Columns> {
  const counts = new Map<string, number>();
  for (const point of points) {
    check(point);
    counts.set(point.key, (counts.get(point.key) ?? 0) + 1);
  }
  const batches = new Map<string, { columns: Columns; filled: number }>();
  for (const [key, count] of counts) batches.set(key, { columns: columns(count), filled: 0 });
  for (const { key, step, timestamp, value } of points) {
    const batch = batches.get(key);
    if (batch === undefined) continue;
    // Adding 0 turns -0 into 0, and NaN gets its one form.
    batch.columns.steps[batch.filled] = step + 0;
    batch.columns.times[batch.filled] = timestamp + 0;
    batch.columns.values[batch.filled++] = Number.isNaN(value) ? Number.NaN : value + 0;
  }
  const result = new Map<string, Columns>();
  for (const [key, batch] of batches) result.set(key, isSorted(batch.columns) ? batch.columns : sorted(batch.columns));
  return result;
}

function check({ key, step, timestamp, value }: MetricPoint): void {
  if (!Number.isSafeInteger(step)) {
    throw new RangeError(`Step ${step} of metric '${key}' is not an integer between -2^53 and 2^53.`);
  }
  if (!Number.isSafeInteger(timestamp)) {
    throw new RangeError(`Timestamp ${timestamp} of metric '${key}' is not a whole number of milliseconds.`);
  }
  if (typeof value !== 'number') throw new RangeError(`Value of metric '${key}' is not a number.`);
}
