import type { MetricStore } from './metricStore.ts';
import type { MetricPoint } from './points.ts';

/**
 * All points of a run in batches, for appending them elsewhere: another workspace, an archive. Each batch is to be
 * appended in a transaction of its own; repeating one changes nothing, so an interrupted copy is simply started again.
 */
export function* copyRun(from: MetricStore, run: string, batch = 20_000): Generator<MetricPoint[]> {
  for (const { key } of from.series(run)) {
    let after: string | undefined;
    do {
      const page = from.read(run, key, after === undefined ? { limit: batch } : { limit: batch, after });
      yield Array.from(page.steps, (step, i) => ({
        key,
        step,
        timestamp: page.times[i] ?? 0,
        value: page.values[i] ?? Number.NaN,
      }));
      after = page.next;
    } while (after !== undefined);
  }
}
