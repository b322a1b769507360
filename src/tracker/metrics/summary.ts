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

/** Collects runs one after another into a {@link SummaryTable}. */
export class SummaryBuilder {
  readonly #runs: readonly string[];
  readonly #offsets: Uint32Array;
  /** By key id: its place in `keys`, plus one. */
  #places = new Uint32Array(64);
  readonly #keyIds: number[] = [];
  #key = new Uint32Array(1024);
  #values = new Float64Array(1024 * SUMMARY_STRIDE);
  #run = 0;
  #entries = 0;

  constructor(runs: readonly string[]) {
    this.#runs = runs;
    this.#offsets = new Uint32Array(runs.length + 1);
  }

  /** The next run's packed summary; none for a run without metrics. */
  add(packed: Float64Array | undefined): void {
    if (packed !== undefined) {
      this.#reserve(packed.length / (SUMMARY_STRIDE + 1));
      for (let at = 0; at < packed.length; at += SUMMARY_STRIDE + 1) {
        const to = this.#entries * SUMMARY_STRIDE;
        for (let i = 0; i < SUMMARY_STRIDE; i++) this.#values[to + i] = packed[at + 1 + i] ?? Number.NaN;
        this.#key[this.#entries++] = this.#indexOf(packed[at] ?? 0);
      }
    }
    this.#offsets[++this.#run] = this.#entries;
  }

  finish(nameOfKey: (id: number) => string): SummaryTable {
    return {
      runs: this.#runs,
      keys: this.#keyIds.map((id) => nameOfKey(id)),
      offsets: this.#offsets,
      key: this.#key.slice(0, this.#entries),
      values: this.#values.slice(0, this.#entries * SUMMARY_STRIDE),
    };
  }

  #indexOf(id: number): number {
    if (id >= this.#places.length) {
      const grown = new Uint32Array(id * 2);
      grown.set(this.#places);
      this.#places = grown;
    }
    const place = this.#places[id] ?? 0;
    if (place > 0) return place - 1;
    this.#places[id] = this.#keyIds.push(id);
    return this.#keyIds.length - 1;
  }

  #reserve(rows: number): void {
    if (this.#entries + rows <= this.#key.length) return;
    const size = Math.max(this.#key.length * 2, this.#entries + rows);
    const key = new Uint32Array(size);
    const values = new Float64Array(size * SUMMARY_STRIDE);
    key.set(this.#key);
    values.set(this.#values);
    this.#key = key;
    this.#values = values;
  }
}
