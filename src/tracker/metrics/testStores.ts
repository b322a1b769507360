/** Databases and points for the metric store's tests and benchmarks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ChunkedMetricStore, type ChunkedOptions } from './chunkedMetricStore.ts';
import type { MetricStore } from './metricStore.ts';
import type { Columns, MetricPoint } from './points.ts';
import { ROWS_SCHEMA, RowsMetricStore } from './rowsMetricStore.ts';
import { METRIC_SCHEMA } from './schema.ts';
import { transact } from './transaction.ts';

export interface StoreKind {
  readonly name: string;
  readonly schema: readonly string[];
  create(db: Database.Database): MetricStore;
}

export const ROWS: StoreKind = { name: 'rows', schema: ROWS_SCHEMA, create: (db) => new RowsMetricStore(db) };

export function chunked(options: ChunkedOptions = {}): StoreKind {
  return { name: 'chunked', schema: METRIC_SCHEMA, create: (db) => new ChunkedMetricStore(db, options) };
}

/** Opens as the tracker's store layer does; the schema is applied where it is missing. */
export function openDatabase(file: string, schema: readonly string[], synchronous = 'FULL'): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name LIKE 'metric_%'").get();
  if (exists === undefined) db.exec(`BEGIN; ${schema.join(';')}; COMMIT`);
  return db;
}

/** A store on a database file of its own, which can be closed and opened again. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'trainyard-metrics-'));
  readonly file = join(this.folder, 'workspace.db');
  readonly kind: StoreKind;
  db: Database.Database;
  store: MetricStore;

  readonly #synchronous: 'FULL' | 'OFF';

  /** @param synchronous OFF spares the disk where no power cut is to be survived. */
  constructor(kind: StoreKind, synchronous: 'FULL' | 'OFF' = 'FULL') {
    this.kind = kind;
    this.#synchronous = synchronous;
    this.db = openDatabase(this.file, kind.schema, synchronous);
    this.store = kind.create(this.db);
  }

  write<T>(work: (store: MetricStore) => T): T {
    return transact(this.db, this.store, () => work(this.store));
  }

  /** As after a kill: nothing of the old store's memory survives. */
  reopen(): void {
    this.db.close();
    this.db = openDatabase(this.file, this.kind.schema, this.#synchronous);
    this.store = this.kind.create(this.db);
  }

  [Symbol.dispose](): void {
    this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function point(key: string, step: number, value: number, timestamp = 1_700_000_000_000 + step): MetricPoint {
  return { key, step, timestamp, value };
}

export function rowsOf({ steps, times, values }: Columns): [number, number, number][] {
  return Array.from(steps, (step, i) => [step, times[i] ?? 0, values[i] ?? 0]);
}
