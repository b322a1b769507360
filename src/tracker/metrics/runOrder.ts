/** Runs by the value of a metric: the index of the database, with what is live in memory laid over it. */
import type { Database, Statement } from 'better-sqlite3';
import type { RunState, RunTable } from './runTable.ts';
import type { Stats } from './stats.ts';
import type { OrderQuery } from './summary.ts';

interface Ranked {
  readonly name: string;
  readonly run: number;
  /** NULL and NaN come last in either direction. */
  readonly value: number | null;
}

type Rows = Statement<[number], Ranked>;

export class RunOrder {
  readonly #statements = new Map<string, { ranked: Rows; rest: Rows }>();

  constructor(db: Database) {
    for (const [by, column] of [
      ['last', 'last'],
      ['min', 'low'],
      ['max', 'high'],
    ] as const) {
      for (const direction of ['ASC', 'DESC'] as const) {
        const select = `SELECT r.name, s.run, s.${column} AS value FROM metric_series s JOIN metric_run r ON r.id = s.run`;
        const has = by === 'last' ? 's.real = 1' : `s.${column} IS NOT NULL`;
        const lacks = by === 'last' ? 's.real = 0' : `s.real IS NOT NULL AND s.${column} IS NULL`;
        this.#statements.set(`${by} ${direction}`, {
          ranked: db.prepare(`${select} WHERE s.key = ? AND ${has} ORDER BY s.${column} ${direction}, s.run`),
          rest: db.prepare(`${select} WHERE s.key = ? AND ${lacks} ORDER BY s.run`),
        });
      }
    }
  }

  /** Ties are in the order in which the runs came to be. */
  order(runs: RunTable, query: OrderQuery): string[] {
    const keyId = runs.keyId(query.key);
    const by = query.by ?? 'last';
    const statements = this.#statements.get(`${by} ${query.descending === true ? 'DESC' : 'ASC'}`);
    if (keyId === undefined || statements === undefined) return [];
    const sign = query.descending === true ? -1 : 1;
    const liveRuns = runs.live();
    const hidden = new Set(liveRuns.map((run) => run.id));
    const live = liveRuns.flatMap((run) => rank(run, query.key, by)).sort((a, b) => compare(a, b, sign));
    const offset = query.offset ?? 0;
    const end = offset + (query.limit ?? Number.POSITIVE_INFINITY);
    const names: string[] = [];
    for (const { name } of mergeRanked(stored(statements, keyId, hidden), live, sign)) {
      if (names.length >= end) break;
      names.push(name);
    }
    return names.slice(offset);
  }
}

function* stored({ ranked, rest }: { ranked: Rows; rest: Rows }, keyId: number, hidden: Set<number>) {
  for (const row of ranked.iterate(keyId)) if (!hidden.has(row.run)) yield row;
  for (const row of rest.iterate(keyId)) if (!hidden.has(row.run)) yield { ...row, value: null };
}

function* mergeRanked(rows: Iterable<Ranked>, live: Ranked[], sign: number): Generator<Ranked> {
  let next = 0;
  for (const row of rows) {
    for (let head = live[next]; head !== undefined && compare(head, row, sign) < 0; head = live[next]) {
      yield head;
      next++;
    }
    yield row;
  }
  yield* live.slice(next);
}

function rank(run: RunState, key: string, by: 'last' | 'min' | 'max'): Ranked[] {
  const stats = run.series.get(key)?.stats;
  return stats === undefined || stats.count === 0 ? [] : [{ name: run.name, run: run.id, value: rankedBy(stats, by) }];
}

function rankedBy(stats: Stats, by: 'last' | 'min' | 'max'): number | null {
  if (by === 'last') return Number.isNaN(stats.lastValue) ? null : stats.lastValue;
  return stats.min <= stats.max ? stats[by] : null;
}

function compare(a: Ranked, b: Ranked, sign: number): number {
  if (a.value !== b.value) {
    if (a.value === null) return 1;
    if (b.value === null) return -1;
    return a.value < b.value ? -sign : sign;
  }
  return a.run - b.run;
}
