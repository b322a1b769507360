/**
 * The reference: a row for each point, everything computed from the rows. Slow and obviously right; the chunked store
 * is tested against it, and it tells what each of the interface's methods means.
 */
import type { Database, Statement } from 'better-sqlite3';
import { collectSeries } from './collectSeries.ts';
import type { MetricStore, Page, ReadOptions, SeriesInfo } from './metricStore.ts';
import { rangeOf, readPage } from './page.ts';
import { type Columns, columns, type MetricPoint, put, slice } from './points.ts';
import { type Reduced, type ReduceOptions, reduceParts } from './reduce.ts';
import { infoOf } from './seriesInfo.ts';
import { emptyStats, foldPoints, type Stats } from './stats.ts';
import { buildSummaries, type OrderQuery, packSummary, type SummaryTable } from './summary.ts';

/** SQLite has no NaN: `real` is 0 and `value` 0 where it was logged, which also sorts it below every number. */
export const ROWS_SCHEMA: readonly string[] = [
  `CREATE TABLE metric_point (
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    step INTEGER NOT NULL,
    time INTEGER NOT NULL,
    real INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run, key, step, time, real, value)
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE metric_name (id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE) STRICT',
];

/** As large as chunks, which is what reducing expects. */
const PART_POINTS = 4096;

interface Row {
  readonly step: number;
  readonly time: number;
  readonly real: number;
  readonly value: number;
}

export class RowsMetricStore implements MetricStore {
  readonly #insert: Statement<[string, string, number, number, number, number]>;
  readonly #name: Statement<[string]>;
  readonly #remove: Statement<[string]>;
  readonly #removeName: Statement<[string]>;
  readonly #keys: Statement<[string], string>;
  readonly #names: Statement<[], string>;
  readonly #points: Statement<[string, string], Row>;

  /** @param db holds ROWS_SCHEMA. */
  constructor(db: Database) {
    this.#insert = db.prepare('INSERT OR IGNORE INTO metric_point VALUES (?, ?, ?, ?, ?, ?)');
    this.#name = db.prepare('INSERT OR IGNORE INTO metric_name (run) VALUES (?)');
    this.#remove = db.prepare('DELETE FROM metric_point WHERE run = ?');
    this.#removeName = db.prepare('DELETE FROM metric_name WHERE run = ?');
    this.#keys = db
      .prepare<[string], string>('SELECT DISTINCT key FROM metric_point WHERE run = ? ORDER BY key')
      .pluck();
    this.#names = db.prepare<[], string>('SELECT run FROM metric_name ORDER BY id').pluck();
    this.#points = db.prepare(
      'SELECT step, time, real, value FROM metric_point WHERE run = ? AND key = ? ORDER BY step, time, real, value',
    );
  }

  append(run: string, points: readonly MetricPoint[]): number {
    let added = 0;
    for (const [key, { steps, times, values }] of collectSeries(points)) {
      this.#name.run(run);
      for (let i = 0; i < steps.length; i++) {
        const value = values[i] ?? 0;
        const real = Number.isNaN(value) ? 0 : 1;
        added += this.#insert.run(run, key, steps[i] ?? 0, times[i] ?? 0, real, real === 1 ? value : 0).changes;
      }
    }
    return added;
  }

  remove(run: string): boolean {
    this.#removeName.run(run);
    return this.#remove.run(run).changes > 0;
  }

  // Nothing is held in memory, so there is nothing to bring into the database or to take back.
  flush(): void {
    // In the rows already.
  }
  publish(): void {
    // In the rows already.
  }
  rewind(): void {
    // In the rows already.
  }
  beforeCommit(): void {
    // In the rows already.
  }
  committed(): void {
    // In the rows already.
  }
  rolledBack(): void {
    // In the rows already.
  }
  mark(): number {
    return 0;
  }

  series(run: string): SeriesInfo[] {
    return this.#keys.all(run).map((key) => infoOf(key, this.#stats(run, key)));
  }

  read(run: string, key: string, options: ReadOptions = {}): Page {
    return readPage([], this.#read(run, key), rangeOf(options));
  }

  reduce(run: string, key: string, options: ReduceOptions): Reduced {
    const all = this.#read(run, key);
    const parts = [];
    for (let from = 0; from < all.steps.length; from += PART_POINTS) {
      const points = slice(all, from, from + PART_POINTS);
      const stats = emptyStats();
      foldPoints(stats, points);
      parts.push({ stats, tier: () => undefined, points: () => points });
    }
    return reduceParts(parts, this.#stats(run, key), options);
  }

  summaries(runs: readonly string[]): SummaryTable {
    const names = [...new Set(runs.flatMap((run) => this.#keys.all(run)))];
    const packed = runs.map((run) =>
      packSummary(this.#keys.all(run).map((key) => ({ keyId: names.indexOf(key), stats: this.#stats(run, key) }))),
    );
    return buildSummaries(runs, packed, (id) => names[id] ?? '');
  }

  order({ key, by = 'last', descending = false, limit, offset = 0 }: OrderQuery): string[] {
    const ranked = this.#names.all().flatMap((run) => {
      const stats = this.#stats(run, key);
      if (stats.count === 0) return [];
      const value = by === 'last' ? stats.lastValue : stats.min <= stats.max ? stats[by] : Number.NaN;
      return [{ run, value }];
    });
    const numbers = ranked.filter(({ value }) => !Number.isNaN(value));
    numbers.sort((a, b) => (a.value === b.value ? 0 : a.value < b.value === descending ? 1 : -1));
    const all = [...numbers, ...ranked.filter(({ value }) => Number.isNaN(value))].map(({ run }) => run);
    return all.slice(offset, limit === undefined ? undefined : offset + limit);
  }

  #read(run: string, key: string): Columns {
    const rows = this.#points.all(run, key);
    const points = columns(rows.length);
    rows.forEach(({ step, time, real, value }, index) => {
      put(points, index, { step, time, value: real === 1 ? value : Number.NaN });
    });
    return points;
  }

  #stats(run: string, key: string): Stats {
    const stats = emptyStats();
    foldPoints(stats, this.#read(run, key));
    return stats;
  }
}
