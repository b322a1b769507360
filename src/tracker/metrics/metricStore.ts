/**
 * The metric store's interface: every point of every run of one workspace.
 *
 * The store neither opens the database nor owns transactions. Its owner, the workspace's single writer, runs
 *
 *     BEGIN IMMEDIATE; append(...)/remove(...)/flush(...)...; beforeCommit(); COMMIT; committed()
 *
 * and {@link rolledBack} when anything in between throws, COMMIT included: after a failed COMMIT only the database
 * knows whether it landed, so the store then reads its state anew. transaction.ts is that sequence. What a transaction
 * wrote is seen by readers once it is committed, and every write is safe to repeat.
 */
import type { Columns, MetricPoint } from './points.ts';
import type { Reduced, ReduceOptions } from './reduce.ts';
import type { OrderQuery, SummaryTable } from './summary.ts';

export interface MetricStore {
  /**
   * Adds points to a run, which comes to be with its first. Points that are there already (same key, step, timestamp,
   * value) change nothing; order does not matter. -0 is kept as 0.
   * @returns how many were new.
   * @throws RangeError when a step or timestamp is no safe integer; then nothing of the call was added.
   */
  append(run: string, points: readonly MetricPoint[]): number;
  /** Deletes a run's points. Returns whether there were any. */
  remove(run: string): boolean;
  /**
   * Brings these runs, or without an argument all that have been quiet since the last such call, into their compact
   * form. Call it when a run ends, and now and then in the background.
   */
  flush(runs?: readonly string[]): void;
  /** Brings `metric_series.last`, `low` and `high` up to date, for SQL that joins them. */
  publish(): void;

  /** A savepoint: {@link rewind} takes back what was done since in the same transaction. */
  mark(): number;
  rewind(mark: number): void;
  /** To be called as the last thing before COMMIT. */
  beforeCommit(): void;
  committed(): void;
  rolledBack(): void;

  /** What is known of each series of a run, by key in alphabetical order. Empty for an unknown run. */
  series(run: string): SeriesInfo[];
  /** Exact points in order of step, timestamp, value. */
  read(run: string, key: string, options?: ReadOptions): Page;
  /** At most about two points a bucket, extremes kept, as drawn by a chart. */
  reduce(run: string, key: string, options: ReduceOptions): Reduced;
  /** Latest values and extremes of many runs at once; runs without metrics have no entries. */
  summaries(runs: readonly string[]): SummaryTable;
  /** Names of runs that have the metric, ordered by it; those whose value is NaN come last. */
  order(query: OrderQuery): string[];
}

export interface SeriesInfo {
  readonly key: string;
  readonly count: number;
  /** How many of them are NaN or infinite. */
  readonly nonFinite: number;
  /** The latest point by MLflow's rule: greatest step, then timestamp, then value. */
  readonly last: { readonly step: number; readonly timestamp: number; readonly value: number };
  /** Of the finite values; absent when there is none. */
  readonly min?: number;
  readonly max?: number;
  readonly minStep: number;
  readonly maxStep: number;
  /** Milliseconds since the epoch. */
  readonly firstTimestamp: number;
  readonly lastTimestamp: number;
}

export interface ReadOptions {
  /** Both ends included. */
  readonly fromStep?: number;
  readonly toStep?: number;
  /** At most this many points; all of them without it. */
  readonly limit?: number;
  /** `next` of the page before. It stays valid when points are added. */
  readonly after?: string;
}

export interface Page extends Columns {
  /** Present when points may follow. */
  readonly next?: string;
}
