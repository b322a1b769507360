/** Runs, series and metric names: their rows in the database and what is kept of them in memory. */
import type { Database, Statement } from 'better-sqlite3';
import { PointBuffer } from './pointBuffer.ts';
import type { Columns } from './points.ts';
import { emptyStats, packStats, type Stats, unpackStats } from './stats.ts';

/** Runs that are in memory only because they were looked at. */
const CACHED_RUNS = 512;

export interface RunState {
  readonly id: number;
  readonly name: string;
  readonly series: Map<string, SeriesState>;
  /** Whether the stored summary is out of date: points have come since the last flush. */
  dirty: boolean;
  /** The live summary in packed form, while no point comes. */
  packed?: Float64Array | undefined;
  /** The flush round in which points came last. */
  touched: number;
}

export interface SeriesState {
  readonly id: number;
  readonly key: string;
  readonly keyId: number;
  readonly run: RunState;
  /** Of all committed points. */
  stats: Stats;
  /** Committed points that are in no chunk yet. */
  readonly tail: PointBuffer;
  /** The first journal row that the tail needs; of no meaning while it is empty. */
  firstJournal: number;
  /** Points of the running transaction: sorted segments, which may overlap but share no point. */
  pending: Columns[];
  /** Whether `last`, `low` and `high` in the row are out of date. */
  unpublished: boolean;
}

interface SeriesRow {
  readonly id: number;
  readonly run: number;
  readonly key: number;
  readonly name: string;
  readonly applied: number;
  readonly real: number | null;
  readonly stats: Uint8Array | null;
}

export class RunTable {
  readonly #runs = new Map<string, RunState>();
  #arrivals = 0;
  readonly #keyNames = new Map<number, string>();
  readonly #keyIds = new Map<string, number>();
  readonly #selectRun: Statement<[string], { id: number; live: number }>;
  readonly #selectLive: Statement<[], { id: number; name: string }>;
  readonly #selectSeries: Statement<[number], SeriesRow>;
  readonly #selectKeyId: Statement<[string], number>;
  readonly #selectKeyName: Statement<[number], string>;
  readonly #insertRun: Statement<[string]>;
  readonly #insertKey: Statement<[string], number>;
  readonly #insertSeries: Statement<[number, number, number]>;
  readonly #deleteRun: Statement<[number]>;
  readonly #deleteSeries: Statement<[number]>;
  readonly #summaries: Statement<[string], { places: string | null; sizes: string; bytes: Uint8Array }>;
  readonly #setLive: Statement<[number]>;
  readonly #setSummary: Statement<[Uint8Array, number]>;
  readonly #setSealed: Statement<[number, Uint8Array, number]>;
  readonly #setLast: Statement<[number, number, number | null, number | null, number]>;

  constructor(db: Database) {
    this.#selectRun = db.prepare('SELECT id, summary IS NULL AS live FROM metric_run WHERE name = ?');
    this.#selectLive = db.prepare('SELECT id, name FROM metric_run WHERE summary IS NULL');
    this.#selectSeries = db.prepare(
      `SELECT s.id, s.run, s.key, k.name, s.applied, s.real, s.stats
       FROM metric_series s JOIN metric_key k ON k.id = s.key WHERE s.run = ?`,
    );
    this.#selectKeyId = db.prepare<[string], number>('SELECT id FROM metric_key WHERE name = ?').pluck();
    this.#selectKeyName = db.prepare<[number], string>('SELECT name FROM metric_key WHERE id = ?').pluck();
    this.#insertRun = db.prepare('INSERT INTO metric_run (name) VALUES (?)');
    this.#insertKey = db.prepare<[string], number>('INSERT INTO metric_key (name) VALUES (?) RETURNING id').pluck();
    this.#insertSeries = db.prepare('INSERT INTO metric_series (run, key, applied) VALUES (?, ?, ?)');
    this.#deleteRun = db.prepare('DELETE FROM metric_run WHERE id = ?');
    this.#deleteSeries = db.prepare('DELETE FROM metric_series WHERE run = ?');
    // One blob instead of thousands, which cost the garbage collector far more than SQLite. Blobs concatenate as text
    // byte for byte, whatever they hold, as long as the database's encoding is UTF-8.
    this.#summaries = db.prepare(
      `SELECT group_concat(j.key) AS places, group_concat(length(r.summary)) AS sizes,
         CAST(group_concat(r.summary, '') AS BLOB) AS bytes
       FROM json_each(?) j CROSS JOIN metric_run r ON r.name = j.value WHERE length(r.summary) > 0`,
    );
    this.#setLive = db.prepare('UPDATE metric_run SET summary = NULL WHERE id = ?');
    this.#setSummary = db.prepare('UPDATE metric_run SET summary = ? WHERE id = ?');
    this.#setSealed = db.prepare('UPDATE metric_series SET applied = ?, stats = ? WHERE id = ?');
    this.#setLast = db.prepare('UPDATE metric_series SET real = ?, last = ?, low = ?, high = ? WHERE id = ?');
  }

  /** Forgets all and loads the live runs. Returns their series with the last journal row that their chunks hold. */
  reload(): Map<number, { series: SeriesState; applied: number }> {
    this.#runs.clear();
    this.forgetKeys();
    const live = new Map<number, { series: SeriesState; applied: number }>();
    for (const { id, name } of this.#selectLive.all()) {
      const run = this.#load(id, name, true);
      for (const [series, applied] of run.loaded) live.set(series.id, { series, applied });
    }
    return live;
  }

  /** The run in memory or from the database. */
  get(name: string): RunState | undefined {
    const known = this.#runs.get(name);
    if (known !== undefined) return known;
    const row = this.#selectRun.get(name);
    if (row === undefined) return undefined;
    this.#evict();
    return this.#load(row.id, name, row.live === 1).run;
  }

  /** The run if it is in memory, as all live ones are. */
  loaded(name: string): RunState | undefined {
    return this.#runs.get(name);
  }

  live(): RunState[] {
    return [...this.#runs.values()].filter((run) => run.dirty);
  }

  createRun(name: string, round: number): RunState {
    this.#evict();
    const id = Number(this.#insertRun.run(name).lastInsertRowid);
    const run = { id, name, series: new Map(), dirty: true, touched: round };
    this.#runs.set(name, run);
    return run;
  }

  /** @param applied the last journal row that cannot be of this series, whose id may have been another's before. */
  createSeries(run: RunState, key: string, applied: number): SeriesState {
    const keyId = this.keyId(key) ?? this.#insertKey.get(key) ?? 0;
    const id = Number(this.#insertSeries.run(run.id, keyId, applied).lastInsertRowid);
    const series = newSeries(id, key, keyId, run);
    run.series.set(key, series);
    return series;
  }

  remove(run: RunState): void {
    this.#deleteSeries.run(run.id);
    this.#deleteRun.run(run.id);
    this.#runs.delete(run.name);
  }

  /** Puts a run (back) into memory, or takes it out, as a transaction is taken back. */
  restore(run: RunState): void {
    this.#runs.set(run.name, run);
  }

  drop(run: RunState): void {
    this.#runs.delete(run.name);
  }

  saveLive(run: RunState): void {
    this.#setLive.run(run.id);
  }

  saveSummary(run: RunState, summary: Float64Array): void {
    this.#setSummary.run(new Uint8Array(summary.buffer), run.id);
  }

  /** The stored summaries of these runs, by place in the list; none of runs that are live or unknown. */
  summaries(names: readonly string[]): Map<number, Float64Array> {
    const result = new Map<number, Float64Array>();
    const row = this.#summaries.get(JSON.stringify(names));
    if (row === undefined || row.places === null) return result;
    const numbers = new Float64Array(row.bytes.length / 8);
    new Uint8Array(numbers.buffer).set(row.bytes);
    const sizes = row.sizes.split(',');
    let at = 0;
    row.places.split(',').forEach((place, index) => {
      const end = at + Number(sizes[index]) / 8;
      result.set(Number(place), numbers.subarray(at, end));
      at = end;
    });
    return result;
  }

  saveSealed(series: SeriesState, applied: number, stats: Stats): void {
    this.#setSealed.run(applied, packStats(stats), series.id);
  }

  saveLast(series: SeriesState, stats: Stats): void {
    const real = Number.isNaN(stats.lastValue) ? 0 : 1;
    const finite = stats.min <= stats.max;
    this.#setLast.run(
      real,
      real === 1 ? stats.lastValue : 0,
      finite ? stats.min : null,
      finite ? stats.max : null,
      series.id,
    );
  }

  keyName(id: number): string {
    return this.#keyNames.get(id) ?? this.#learnKey(id, this.#selectKeyName.get(id));
  }

  keyId(name: string): number | undefined {
    const known = this.#keyIds.get(name);
    if (known !== undefined) return known;
    const id = this.#selectKeyId.get(name);
    if (id !== undefined) this.#learnKey(id, name);
    return id;
  }

  /** Ids learned in a transaction that is taken back may come to mean another name. */
  forgetKeys(): void {
    this.#keyNames.clear();
    this.#keyIds.clear();
  }

  #learnKey(id: number, name = ''): string {
    this.#keyNames.set(id, name);
    this.#keyIds.set(name, id);
    return name;
  }

  #load(id: number, name: string, dirty: boolean) {
    const run: RunState = { id, name, series: new Map(), dirty, touched: 0 };
    const loaded: [SeriesState, number][] = [];
    for (const row of this.#selectSeries.all(id)) {
      const series = newSeries(row.id, row.name, row.key, run);
      if (row.stats !== null) series.stats = unpackStats(row.stats);
      series.unpublished = dirty;
      run.series.set(row.name, series);
      loaded.push([series, row.applied]);
    }
    this.#runs.set(name, run);
    return { run, loaded };
  }

  /** Now and then drops what is not live, so that memory holds the live runs and at most CACHED_RUNS others. */
  #evict(): void {
    if (++this.#arrivals < CACHED_RUNS) return;
    this.#arrivals = 0;
    for (const run of this.#runs.values()) if (!run.dirty) this.#runs.delete(run.name);
  }
}

function newSeries(id: number, key: string, keyId: number, run: RunState): SeriesState {
  return {
    id,
    key,
    keyId,
    run,
    stats: emptyStats(),
    tail: new PointBuffer(),
    firstJournal: 0,
    pending: [],
    unpublished: true,
  };
}
