/** Latest values and extremes, as a table of runs shows them: the query, the answer, and the stored form. */
import type { Stats } from './stats.ts';

/** What {@link SummaryTable.values} holds of each entry, in this order. */
export const SUMMARY_FIELDS = ['last', 'min', 'max', 'lastStep', 'lastTimestamp', 'count'] as const;
export const SUMMARY_STRIDE = SUMMARY_FIELDS.length;

/**
 * Sparse rows, as columns: the entries of run `i` are `offsets[i]` to `offsets[i + 1]`. Entry `e` is of the metric
 * `keys[key[e]]` and has its numbers at `values[e * SUMMARY_STRIDE]`. `min` and `max` are NaN where no value is finite.
 */
export interface SummaryTable {
  readonly runs: readonly string[];
  readonly keys: readonly string[];
  readonly offsets: Uint32Array;
  readonly key: Uint32Array;
  readonly values: Float64Array;
}

export interface OrderQuery {
  readonly key: string;
  /** `last` when absent. */
  readonly by?: 'last' | 'min' | 'max';
  readonly descending?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

export interface SummaryRow {
  readonly keyId: number;
  readonly stats: Stats;
}

/** A run's stored summary: for each series `metric_key.id`, then SUMMARY_STRIDE numbers, all f64, so that many concatenate. */
export function packSummary(rows: readonly SummaryRow[]): Float64Array {
  return Float64Array.from(rows.flatMap(({ keyId, stats }) => [keyId, ...summaryOf(stats)]));
}

export function summaryOf(stats: Stats): number[] {
  const finite = stats.min <= stats.max;
  return [
    stats.lastValue,
    finite ? stats.min : Number.NaN,
    finite ? stats.max : Number.NaN,
    stats.lastStep,
    stats.lastTime,
    stats.count,
  ];
}

/** Packed summaries, one for each of `runs` and none for one without metrics, as one table. */
export function buildSummaries(
  runs: readonly string[],
  packed: readonly (Float64Array | undefined)[],
  nameOfKey: (id: number) => string,
): SummaryTable {
  const offsets = new Uint32Array(runs.length + 1);
  packed.forEach((rows, run) => {
    offsets[run + 1] = (offsets[run] ?? 0) + (rows?.length ?? 0) / (SUMMARY_STRIDE + 1);
  });
  const total = offsets[runs.length] ?? 0;
  const key = new Uint32Array(total);
  const values = new Float64Array(total * SUMMARY_STRIDE);
  const places = new KeyPlaces();
  let entry = 0;
  for (const rows of packed) {
    if (rows === undefined) continue;
    for (let at = 0; at < rows.length; at += SUMMARY_STRIDE + 1) {
      key[entry] = places.of(rows[at] ?? 0);
      const to = entry++ * SUMMARY_STRIDE;
      for (let i = 0; i < SUMMARY_STRIDE; i++) values[to + i] = rows[at + 1 + i] ?? Number.NaN;
    }
  }
  return { runs, keys: places.ids.map((id) => nameOfKey(id)), offsets, key, values };
}

/** Numbers key ids in the order in which they come. An array, because this is asked once for each entry of a table. */
class KeyPlaces {
  readonly ids: number[] = [];
  #places = new Uint32Array(64);

  of(id: number): number {
    if (id >= this.#places.length) {
      const grown = new Uint32Array(id * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    // Stored plus one, so that 0 means none.
    const place = this.#places[id] ?? 0;
    if (place > 0) return place - 1;
    this.#places[id] = this.ids.push(id);
    return this.ids.length - 1;
  }
}
