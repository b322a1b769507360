/** The contract of a metric store, run over every implementation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyRun } from './copyRun.ts';
import { SUMMARY_STRIDE, type SummaryTable } from './summary.ts';
import { Bench, chunked, point, ROWS, rowsOf } from './testStores.ts';

const KINDS = [ROWS, chunked(), { ...chunked({ sealAt: 8, maxTailPoints: 60 }), name: 'chunked, tiny chunks' }];

for (const kind of KINDS) {
  describe(`metric store: ${kind.name}`, () => {
    it('returns points by step, timestamp and value, whatever the order they came in', () => {
      using bench = new Bench(kind);
      const added = bench.write((store) =>
        store.append('run', [
          point('loss', 2, 0.5),
          point('loss', 1, 0.7),
          point('acc', 1, 0.1),
          point('loss', 1, 0.7, 5),
        ]),
      );
      assert.equal(added, 4);
      assert.deepEqual(rowsOf(bench.store.read('run', 'loss')), [
        [1, 5, 0.7],
        [1, 1_700_000_000_001, 0.7],
        [2, 1_700_000_000_002, 0.5],
      ]);
      assert.deepEqual(rowsOf(bench.store.read('run', 'nothing')), []);
      assert.deepEqual(rowsOf(bench.store.read('nobody', 'loss')), []);
    });

    it('takes an identical point once: in a batch, in a transaction, later, in old chunks, after a reopen', () => {
      using bench = new Bench(kind);
      const all = Array.from({ length: 10_000 }, (_, step) => point('loss', step, Math.sin(step)));
      const twice = [...all.slice(0, 50), ...all.slice(0, 50)];
      assert.equal(
        bench.write((store) => store.append('run', twice) + store.append('run', twice)),
        50,
      );
      for (let i = 0; i < all.length; i += 1000) bench.write((store) => store.append('run', all.slice(i, i + 1000)));
      bench.write((store) => store.flush(['run']));
      assert.equal(
        bench.write((store) => store.append('run', all)),
        0,
      );
      bench.reopen();
      assert.equal(
        bench.write((store) => store.append('run', [...all].reverse())),
        0,
      );
      assert.equal(
        bench.write((store) => store.append('run', [point('loss', 5000, 42)])),
        1,
      );
      assert.equal(bench.store.series('run')[0]?.count, 10_001);
      assert.deepEqual(rowsOf(bench.store.read('run', 'loss', { fromStep: 5000, toStep: 5000 })).length, 2);
    });

    it('keeps NaN and infinities apart from numbers', () => {
      using bench = new Bench(kind);
      const values = [1, Number.NaN, Number.POSITIVE_INFINITY, -2, Number.NEGATIVE_INFINITY];
      const points = values.map((value, step) => point('loss', step, value));
      bench.write((store) => store.append('run', [...points, ...points]));
      bench.reopen();
      assert.deepEqual([...bench.store.read('run', 'loss').values], values);
      const [info] = bench.store.series('run');
      assert.deepEqual(
        [info?.count, info?.nonFinite, info?.min, info?.max, info?.last.value],
        [5, 3, -2, 1, Number.NEGATIVE_INFINITY],
      );
      bench.write((store) => store.append('bad', [point('loss', 1, Number.NaN)]));
      const [bad] = bench.store.series('bad');
      assert.deepEqual([bad?.count, bad?.min, bad?.last.value], [1, undefined, Number.NaN]);
    });

    it('reports the latest point by step, then timestamp, then value, NaN lowest', () => {
      using bench = new Bench(kind);
      bench.write((store) => store.append('run', [point('a', 5, 1, 100), point('a', 4, 9, 900)]));
      assert.equal(bench.store.series('run')[0]?.last.value, 1);
      bench.write((store) => store.append('run', [point('a', 5, Number.NaN, 100), point('a', 5, 0.5, 100)]));
      assert.deepEqual(bench.store.series('run')[0], {
        key: 'a',
        count: 4,
        nonFinite: 1,
        last: { step: 5, timestamp: 100, value: 1 },
        min: 0.5,
        max: 9,
        minStep: 4,
        maxStep: 5,
        firstTimestamp: 100,
        lastTimestamp: 900,
      });
    });

    it('stores the largest steps and timestamps exactly and refuses what is none', () => {
      using bench = new Bench(kind);
      const edge = [Number.MIN_SAFE_INTEGER, -1, 0, Number.MAX_SAFE_INTEGER];
      bench.write((store) =>
        store.append(
          'run',
          edge.map((n) => point('edge', n, Number.MIN_VALUE, -n)),
        ),
      );
      bench.write((store) => store.flush());
      bench.write((store) => store.flush(['run']));
      bench.reopen();
      assert.deepEqual(
        rowsOf(bench.store.read('run', 'edge')),
        edge.map((n) => [n, 0 - n, Number.MIN_VALUE]),
      );
      for (const wrong of [point('x', 0.5, 1), point('x', 1, 1, 2 ** 53), point('x', Number.NaN, 1)]) {
        assert.throws(() => bench.write((store) => store.append('run', [point('ok', 1, 1), wrong])), RangeError);
      }
      assert.deepEqual(
        bench.store.series('run').map((series) => series.key),
        ['edge'],
      );
    });

    it('pages through a series while late points come', () => {
      using bench = new Bench(kind);
      const points = Array.from({ length: 500 }, (_, step) => point('loss', step * 2, step));
      bench.write((store) => store.append('run', points));
      const seen: number[] = [];
      let after: string | undefined;
      do {
        const page = bench.store.read('run', 'loss', {
          limit: 7,
          fromStep: 10,
          toStep: 900,
          ...(after ? { after } : {}),
        });
        seen.push(...page.steps);
        after = page.next;
        bench.write((store) => store.append('run', [point('loss', seen.length, -1)]));
      } while (after !== undefined);
      const even = seen.filter((step) => step % 2 === 0);
      assert.deepEqual(
        even,
        Array.from({ length: 446 }, (_, i) => 10 + i * 2),
      );
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
      assert.throws(() => bench.store.read('run', 'loss', { after: 'nonsense' }), RangeError);
    });

    it('forgets what was rolled back, and keeps what a failed commit landed', () => {
      using bench = new Bench(kind);
      bench.write((store) => store.append('run', [point('loss', 1, 1)]));
      assert.throws(() =>
        bench.write((store) => {
          store.append('run', [point('loss', 2, 2), point('new', 1, 1)]);
          store.append('other', [point('loss', 2, 2)]);
          store.remove('run');
          throw new Error('a later part of the transaction failed');
        }),
      );
      assert.deepEqual(rowsOf(bench.store.read('run', 'loss')).length, 1);
      assert.deepEqual(
        bench.store.series('run').map((series) => series.key),
        ['loss'],
      );
      assert.deepEqual(bench.store.series('other'), []);
      bench.db.exec('BEGIN IMMEDIATE');
      bench.store.append('run', [point('loss', 3, 3)]);
      bench.store.beforeCommit();
      bench.db.exec('COMMIT');
      bench.store.rolledBack();
      assert.deepEqual([...bench.store.read('run', 'loss').steps], [1, 3]);
      assert.equal(
        bench.write((store) => store.append('run', [point('loss', 3, 3), point('loss', 2, 2)])),
        1,
      );
      bench.reopen();
      assert.deepEqual([...bench.store.read('run', 'loss').steps], [1, 2, 3]);
    });

    it('takes back to a savepoint', () => {
      using bench = new Bench(kind);
      bench.write((store) => {
        store.append('run', [point('loss', 1, 1)]);
        bench.db.exec('SAVEPOINT request');
        const mark = store.mark();
        store.append('run', [point('loss', 2, 2), point('new', 2, 2)]);
        store.append('other', [point('loss', 2, 2)]);
        store.remove('run');
        bench.db.exec('ROLLBACK TO request; RELEASE request');
        store.rewind(mark);
        store.append('run', [point('loss', 3, 3)]);
      });
      for (let i = 0; i < 2; i++) {
        assert.deepEqual([...bench.store.read('run', 'loss').steps], [1, 3]);
        assert.deepEqual(
          bench.store.series('run').map((series) => series.key),
          ['loss'],
        );
        assert.deepEqual(bench.store.series('other'), []);
        bench.reopen();
      }
    });

    it('removes a run for good, and lets its name be used again at once', () => {
      using bench = new Bench(kind);
      bench.write((store) => store.append('run', [point('loss', 1, 1)]));
      bench.write((store) => store.append('kept', [point('loss', 1, 1)]));
      bench.write((store) => {
        store.append('run', [point('loss', 2, 2)]);
        assert.equal(store.remove('run'), true);
        assert.equal(store.remove('nobody'), false);
        store.append('run', [point('loss', 3, 3)]);
      });
      for (let i = 0; i < 2; i++) {
        assert.deepEqual([...bench.store.read('run', 'loss').steps], [3]);
        assert.deepEqual([...bench.store.read('kept', 'loss').steps], [1]);
        bench.reopen();
      }
    });

    it('summarises many runs, live and flushed', () => {
      using bench = new Bench(kind);
      bench.write((store) => {
        store.append('a', [point('loss', 1, 4), point('loss', 2, 2), point('acc', 2, 0.5)]);
        store.append('b', [point('loss', 1, Number.NaN)]);
        store.flush(['a']);
      });
      assert.deepEqual(entries(bench.store.summaries(['b', 'nobody', 'a'])), {
        b: { loss: [Number.NaN, Number.NaN, Number.NaN, 1, 1_700_000_000_001, 1] },
        nobody: {},
        a: { loss: [2, 2, 4, 2, 1_700_000_000_002, 2], acc: [0.5, 0.5, 0.5, 2, 1_700_000_000_002, 1] },
      });
    });

    it('orders runs by a metric, NaN last, whether flushed or live', () => {
      using bench = new Bench(kind);
      const values = { a: 3, b: Number.NaN, c: -1, d: Number.POSITIVE_INFINITY, e: 3, f: 0 };
      for (const [run, value] of Object.entries(values)) {
        bench.write((store) => store.append(run, [point('loss', 0, 100), point('loss', 1, value)]));
        if (run === 'c' || run === 'b') bench.write((store) => store.flush([run]));
        if (run === 'd') bench.write((store) => store.publish());
      }
      bench.write((store) => store.append('x', [point('acc', 1, 1)]));
      const order = (more = {}): string => bench.store.order({ key: 'loss', ...more }).join('');
      assert.equal(order(), 'cfaedb');
      assert.equal(order({ descending: true }), 'daefcb');
      assert.equal(order({ by: 'min' }), 'cfaebd');
      assert.equal(order({ offset: 1, limit: 2 }), 'fa');
      assert.equal(order({ key: 'acc' }), 'x');
      assert.equal(order({ key: 'none' }), '');
    });

    it('copies a run to another store', () => {
      using bench = new Bench(kind);
      using other = new Bench(chunked());
      const points = Array.from({ length: 2500 }, (_, i) => point(i % 2 ? 'a' : 'b', i, i % 7 ? i : Number.NaN));
      bench.write((store) => store.append('run', points));
      for (const batch of copyRun(bench.store, 'run', 1000)) other.write((store) => store.append('copy', batch));
      for (const batch of copyRun(bench.store, 'run', 300)) other.write((store) => store.append('copy', batch));
      assert.deepEqual(other.store.series('copy'), bench.store.series('run'));
      assert.deepEqual(rowsOf(other.store.read('copy', 'a')), rowsOf(bench.store.read('run', 'a')));
    });
  });
}

function entries({ runs, keys, offsets, key, values }: SummaryTable): Record<string, Record<string, number[]>> {
  const result: Record<string, Record<string, number[]>> = {};
  runs.forEach((run, i) => {
    const row: Record<string, number[]> = {};
    for (let e = offsets[i] ?? 0; e < (offsets[i + 1] ?? 0); e++) {
      row[keys[key[e] ?? 0] ?? ''] = [...values.subarray(e * SUMMARY_STRIDE, (e + 1) * SUMMARY_STRIDE)];
    }
    result[run] = row;
  });
  return result;
}
