/**
 * Random interleavings of everything that can happen to a metric store, done to the chunked store and to the rows at
 * once; after each step both must tell the same.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { MetricStore } from './metricStore.ts';
import type { MetricPoint } from './points.ts';
import { Bench, chunked, ROWS, rowsOf } from './testStores.ts';

const RUNS = ['r1', 'r2'];
const KEYS = ['loss', 'acc'];

type Action =
  | { readonly do: 'append' | 'savepoint'; readonly run: string; readonly points: MetricPoint[] }
  | {
      readonly do: 'stretch';
      readonly run: string;
      readonly key: string;
      readonly from: number;
      readonly count: number;
    }
  | { readonly do: 'remove' | 'flush'; readonly run: string }
  | { readonly do: 'flushAll' | 'publish' };

interface Step {
  readonly actions: readonly Action[];
  /** How the transaction ends. A landed one was committed although the store is told that it failed. */
  readonly end: 'commit' | 'rollback' | 'failed' | 'landed' | 'reopen';
}

const run = fc.constantFrom(...RUNS);
// Few different numbers, so that points meet: equal steps, equal times, equal points.
const anyPoint = fc.record({
  key: fc.constantFrom(...KEYS),
  step: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -20, max: 60 }) }, fc.maxSafeInteger()),
  timestamp: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 5 }) }, fc.maxSafeInteger()),
  value: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -2, max: 2 }) },
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0.1),
    fc.double(),
  ),
});
const points = fc.array(anyPoint, { maxLength: 30 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('append', 'savepoint'), run, points }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('stretch'),
      run,
      key: fc.constantFrom(...KEYS),
      from: fc.integer({ min: -200, max: 400 }),
      count: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('remove', 'flush'), run }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('flushAll', 'publish') }) },
);
const step: fc.Arbitrary<Step> = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 4 }),
  end: fc.constantFrom('commit', 'commit', 'commit', 'rollback', 'failed', 'landed', 'reopen'),
});

describe('the chunked metric store behaves as plain rows do', () => {
  // Tiny limits bring seals, splits, merges, trims and forced seals into reach of short sequences.
  for (const limits of [{ sealAt: 7 }, { sealAt: 40, maxTailPoints: 50 }, { sealAt: 100, maxJournalBytes: 300 }]) {
    it(`with ${JSON.stringify(limits)}`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
          using rows = new Bench(ROWS, 'OFF');
          using chunks = new Bench(chunked(limits), 'OFF');
          for (const one of steps) {
            const expected = perform(rows, one);
            assert.deepEqual(perform(chunks, one), expected);
            assertSame(observe(chunks.store), observe(rows.store));
          }
          assert.equal(chunks.db.pragma('integrity_check', { simple: true }), 'ok');
        }),
        { numRuns: Number(process.env.METRIC_RUNS ?? 40), endOnFailure: true },
      );
    });
  }
});

/** What the calls returned: numbers of new points, whether a run was there. */
function perform(bench: Bench, { actions, end }: Step): unknown[] {
  const { db, store } = bench;
  db.exec('BEGIN IMMEDIATE');
  const results = actions.map((one) => act(bench, one));
  if (end === 'rollback') {
    db.exec('ROLLBACK');
    store.rolledBack();
    return results;
  }
  store.beforeCommit();
  db.exec(end === 'failed' ? 'ROLLBACK' : 'COMMIT');
  if (end === 'failed' || end === 'landed') store.rolledBack();
  else if (end === 'commit') store.committed();
  else bench.reopen();
  return results;
}

function act({ db, store }: Bench, one: Action): unknown {
  switch (one.do) {
    case 'append':
      return store.append(one.run, one.points);
    case 'stretch': {
      const { from, count, key } = one;
      const stretch = Array.from({ length: count }, (_, i) => ({
        key,
        step: from + i,
        timestamp: 1000 + i * 3,
        value: i / 3,
      }));
      return store.append(one.run, stretch);
    }
    case 'savepoint': {
      db.exec('SAVEPOINT request');
      const mark = store.mark();
      const added = store.append(one.run, one.points);
      const removed = one.points.length % 3 === 0 && store.remove(one.run);
      db.exec('ROLLBACK TO request; RELEASE request');
      store.rewind(mark);
      return [added, removed];
    }
    case 'remove':
      return store.remove(one.run);
    case 'flush':
      return store.flush([one.run]);
    case 'flushAll':
      return store.flush();
    case 'publish':
      return store.publish();
  }
}

function observe(store: MetricStore) {
  return {
    series: RUNS.map((name) => store.series(name)),
    points: RUNS.flatMap((name) => KEYS.map((key) => rowsOf(store.read(name, key)))),
    middle: RUNS.map((name) => rowsOf(store.read(name, 'loss', { fromStep: 0, toStep: 30 }))),
    page: RUNS.map((name) => rowsOf(store.read(name, 'loss', { limit: 9, after: '3:2:0.1' }))),
    summaries: tableOf(store),
    order: (['last', 'min', 'max'] as const).flatMap((by) =>
      [false, true].map((descending) => store.order({ key: 'acc', by, descending }).map((name) => name)),
    ),
  };
}

/** As assert.deepEqual, whose diff of a thousand points would take minutes. */
function assertSame(found: Record<string, unknown>, expected: Record<string, unknown>): void {
  for (const [part, value] of Object.entries(expected)) {
    const same = isDeepStrictEqual(found[part], value);
    if (!same)
      assert.fail(`${part}: found ${inspect(found[part]).slice(0, 2000)}, not ${inspect(value).slice(0, 2000)}`);
  }
}

/** Keys are in no particular order within a run. */
function tableOf(store: MetricStore) {
  const { keys, offsets, key, values } = store.summaries(RUNS);
  return RUNS.map((_, i) => {
    const rows: [string, number[]][] = [];
    for (let e = offsets[i] ?? 0; e < (offsets[i + 1] ?? 0); e++) {
      rows.push([keys[key[e] ?? 0] ?? '', [...values.subarray(e * 6, e * 6 + 6)]]);
    }
    return rows.sort(([a], [b]) => (a < b ? -1 : 1));
  });
}
