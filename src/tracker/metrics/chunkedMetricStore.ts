/**
 * The real store: points go to one journal row a commit and to tails in memory; full tails become chunks.
 *
 * What must stay true: a committed point is in exactly one place that recovery reads: a chunk, or a journal row above
 * its series' `applied`. Memory changes only in {@link ChunkedMetricStore.committed}, so that taking a transaction back
 * means forgetting its pending points.
 */
import type { Database } from 'better-sqlite3';
import { ChunkTable } from './chunkTable.ts';
import { collectSeries } from './collectSeries.ts';
import type { JournalEntry } from './journal.ts';
import { JournalTable } from './journalTable.ts';
import type { MetricStore, Page, ReadOptions, SeriesInfo } from './metricStore.ts';
import { rangeOf, readPage } from './page.ts';
import { type Columns, type MetricPoint, merge, NO_POINTS } from './points.ts';
import { type Reduced, type ReduceOptions, reduceParts } from './reduce.ts';
import { RunOrder } from './runOrder.ts';
import { type RunState, RunTable, type SeriesState } from './runTable.ts';
import { infoOf } from './seriesInfo.ts';
import { emptyStats, foldPoints, type Stats } from './stats.ts';
import { buildSummaries, type OrderQuery, packSummary, type SummaryTable } from './summary.ts';
import { replayTails, Tails } from './tails.ts';
import { unknownPoints } from './unknownPoints.ts';

export interface ChunkedOptions {
  /** A tail of this many points becomes a chunk. */
  readonly sealAt?: number;
  /** Above these the older half of the tails becomes chunks, however small: points in memory, bytes of journal. */
  readonly maxTailPoints?: number;
  readonly maxJournalBytes?: number;
}

export class ChunkedMetricStore implements MetricStore {
  readonly #limits: Required<ChunkedOptions>;
  readonly #chunks: ChunkTable;
  readonly #runs: RunTable;
  readonly #order: RunOrder;
  readonly #journal: JournalTable;
  readonly #tails = new Tails();
  /** Counts calls of flush without runs; a run untouched for a whole round is quiet. */
  #round = 1;

  // Of the running transaction:
  readonly #touched = new Set<SeriesState>();
  readonly #toFlush = new Set<RunState>();
  #toPublish = false;
  #undo: (() => void)[] = [];
  /** What becomes true in memory with the commit; there from beforeCommit on. */
  #staged: (() => void)[] | undefined;

  /** @param db holds METRIC_SCHEMA. Points that a killed process left in the journal are in memory after this. */
  constructor(db: Database, options: ChunkedOptions = {}) {
    this.#limits = { sealAt: 3072, maxTailPoints: 2_000_000, maxJournalBytes: 64 << 20, ...options };
    this.#chunks = new ChunkTable(db);
    this.#runs = new RunTable(db);
    this.#order = new RunOrder(db);
    this.#journal = new JournalTable(db);
    this.#recover();
  }

  append(name: string, points: readonly MetricPoint[]): number {
    let added = 0;
    for (const [key, batch] of collectSeries(points)) added += this.#appendSeries(name, key, batch);
    return added;
  }

  remove(name: string): boolean {
    const run = this.#runs.get(name);
    if (run === undefined) return false;
    for (const series of run.series.values()) {
      this.#chunks.remove(series.id);
      if (this.#touched.delete(series)) this.#undo.push(() => this.#touched.add(series));
      if (this.#tails.leave(series)) this.#undo.push(() => this.#tails.comeBack(series));
    }
    this.#runs.remove(run);
    this.#undo.push(() => this.#runs.restore(run));
    return true;
  }

  flush(names?: readonly string[]): void {
    const runs = names === undefined ? this.#runs.live() : names.map((name) => this.#runs.get(name));
    for (const run of runs) {
      if (run?.dirty && (names !== undefined || run.touched < this.#round)) this.#toFlush.add(run);
    }
    if (names === undefined) this.#round++;
  }

  publish(): void {
    this.#toPublish = true;
  }

  mark(): number {
    return this.#undo.length;
  }

  rewind(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()?.();
    this.#chunks.forget();
    this.#runs.forgetKeys();
  }

  beforeCommit(): void {
    const staged: (() => void)[] = [];
    this.#staged = staged;
    const flushed = [...this.#toFlush].filter((run) => this.#runs.get(run.name) === run);
    const seals = this.#chooseSeals(flushed);
    const row = this.#journal.last + (this.#touched.size > 0 ? 1 : 0);
    const after = new Map<SeriesState, Stats>();
    const entries: JournalEntry[] = [];
    for (const series of this.#touched) {
      const points = merge(series.pending);
      const stats = { ...series.stats };
      foldPoints(stats, points);
      after.set(series, stats);
      if (!seals.has(series)) entries.push({ series: series.id, points });
      staged.push(() => this.#take(series, seals.has(series) ? NO_POINTS : points, stats, row));
    }
    if (this.#touched.size > 0) staged.push(this.#journal.write(entries));
    for (const series of seals) {
      this.#chunks.place(series.id, merge([series.tail.points, ...series.pending]));
      this.#runs.saveSealed(series, row, after.get(series) ?? series.stats);
      staged.push(() => this.#tails.clear(series));
    }
    if (this.#journal.trimDue) staged.push(this.#journal.trim(this.#tails.firstNeeded(seals, row)));
    for (const run of flushed) {
      const rows = [...run.series.values()].map((series) => ({
        keyId: series.keyId,
        stats: after.get(series) ?? series.stats,
      }));
      this.#runs.saveSummary(run, packSummary(rows));
      staged.push(() => {
        run.dirty = false;
      });
    }
    for (const run of this.#toPublish ? this.#runs.live() : flushed) this.#saveLast(run, after, staged);
  }

  committed(): void {
    for (const apply of this.#staged ?? []) apply();
    this.#endTransaction();
  }

  rolledBack(): void {
    const reachedCommit = this.#staged !== undefined;
    this.rewind(0);
    this.#endTransaction();
    if (reachedCommit) this.#recover();
  }

  series(name: string): SeriesInfo[] {
    const all = [...(this.#runs.get(name)?.series.values() ?? [])].filter((series) => series.stats.count > 0);
    return all.sort((a, b) => (a.key < b.key ? -1 : 1)).map((series) => infoOf(series.key, series.stats));
  }

  read(name: string, key: string, options: ReadOptions = {}): Page {
    const range = rangeOf(options);
    const series = this.#runs.get(name)?.series.get(key);
    if (series === undefined) return NO_POINTS;
    return readPage(this.#chunks.from(series.id, range.from), series.tail.points, range);
  }

  reduce(name: string, key: string, options: ReduceOptions): Reduced {
    const series = this.#runs.get(name)?.series.get(key);
    if (series === undefined) return reduceParts([], emptyStats(), options);
    const parts = this.#chunks.parts(series.id);
    if (series.tail.length > 0) {
      const points = series.tail.points;
      const stats = emptyStats();
      foldPoints(stats, points);
      parts.push({ stats, tier: () => undefined, points: () => points });
    }
    return reduceParts(parts, series.stats, options);
  }

  summaries(names: readonly string[]): SummaryTable {
    const stored = this.#runs.summaries(names);
    const packed = names.map((name, place) => stored.get(place) ?? this.#liveSummary(this.#runs.loaded(name)));
    return buildSummaries(names, packed, (id) => this.#runs.keyName(id));
  }

  order(query: OrderQuery): string[] {
    return this.#order.order(this.#runs, query);
  }

  #appendSeries(name: string, key: string, batch: Columns): number {
    const known = this.#runs.get(name)?.series.get(key);
    const points = known === undefined ? batch : unknownPoints(known, batch, this.#chunks);
    if (points.steps.length === 0) return 0;
    const series = known ?? this.#createSeries(name, key);
    const { run } = series;
    if (!run.dirty) {
      this.#runs.saveLive(run);
      run.dirty = true;
      this.#undo.push(() => {
        run.dirty = false;
      });
    }
    series.pending.push(points);
    const first = !this.#touched.has(series);
    this.#touched.add(series);
    this.#undo.push(() => {
      series.pending.pop();
      if (first) this.#touched.delete(series);
    });
    return points.steps.length;
  }

  #createSeries(name: string, key: string): SeriesState {
    let run = this.#runs.get(name);
    if (run === undefined) {
      const created = this.#runs.createRun(name, this.#round);
      run = created;
      this.#undo.push(() => this.#runs.drop(created));
    }
    const { series } = run;
    this.#undo.push(() => series.delete(key));
    return this.#runs.createSeries(run, key, this.#journal.last);
  }

  #chooseSeals(flushed: readonly RunState[]): Set<SeriesState> {
    const seals = new Set<SeriesState>();
    let total = this.#tails.points;
    for (const series of this.#touched) {
      const pending = series.pending.reduce((count, part) => count + part.steps.length, 0);
      total += pending;
      if (series.tail.length + pending >= this.#limits.sealAt) seals.add(series);
    }
    for (const run of flushed) {
      for (const series of run.series.values())
        if (series.tail.length > 0 || this.#touched.has(series)) seals.add(series);
    }
    if (total > this.#limits.maxTailPoints || this.#journal.size > this.#limits.maxJournalBytes) {
      for (const series of this.#tails.olderHalf()) seals.add(series);
    }
    return seals;
  }

  #take(series: SeriesState, points: Columns, stats: Stats, row: number): void {
    series.stats = stats;
    series.pending = [];
    series.unpublished = true;
    series.run.touched = this.#round;
    series.run.packed = undefined;
    this.#tails.append(series, points, row);
  }

  #saveLast(run: RunState, after: ReadonlyMap<SeriesState, Stats>, staged: (() => void)[]): void {
    for (const series of run.series.values()) {
      if (!series.unpublished && !after.has(series)) continue;
      this.#runs.saveLast(series, after.get(series) ?? series.stats);
      staged.push(() => {
        series.unpublished = false;
      });
    }
  }

  #liveSummary(run: RunState | undefined): Float64Array | undefined {
    if (run === undefined) return undefined;
    run.packed ??= packSummary([...run.series.values()].filter((series) => series.stats.count > 0));
    return run.packed;
  }

  #endTransaction(): void {
    this.#touched.clear();
    this.#toFlush.clear();
    this.#toPublish = false;
    this.#undo = [];
    this.#staged = undefined;
  }

  /** Reads the state of memory from the database: what chunks hold, and the journal's newer points as tails. */
  #recover(): void {
    this.#chunks.forget();
    this.#tails.forget();
    for (const { series, points, row } of replayTails(this.#journal, this.#runs.reload())) {
      const stats = { ...series.stats };
      foldPoints(stats, points);
      this.#take(series, points, stats, row);
    }
  }
}
