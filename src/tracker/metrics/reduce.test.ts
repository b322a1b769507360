/** What a drawn curve promises, whichever store it comes from and however coarse it is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MetricStore } from './metricStore.ts';
import type { MetricPoint } from './points.ts';
import { randomFrom } from './powerCut/simulate.ts';
import type { ReduceOptions } from './reduce.ts';
import { Bench, chunked, ROWS, rowsOf } from './testStores.ts';

type Triple = [x: number, value: number, kind: number];

function triples(store: MetricStore, options: ReduceOptions): Triple[] {
  const { points } = store.reduce('run', 'loss', options);
  return Array.from({ length: points.length / 3 }, (_, i) => [
    points[i * 3] ?? 0,
    points[i * 3 + 1] ?? 0,
    points[i * 3 + 2] ?? 0,
  ]);
}

/** A noisy curve with pauses in time, spikes, gaps, and with `late` a second process that logs the same steps. */
function curve(count: number, seed: number, late: boolean): MetricPoint[] {
  const random = randomFrom(seed);
  let timestamp = 1_700_000_000_000;
  return Array.from({ length: count }, (_, i) => {
    timestamp += 50 + Math.floor(random() * 20) + (random() < 0.0005 ? 5_000_000 : 0);
    const odd = random();
    const value =
      odd < 0.002 ? Number.NaN : odd < 0.003 ? Number.POSITIVE_INFINITY : odd < 0.004 ? 1000 * odd : Math.sin(i / 999);
    return { key: 'loss', step: late ? (i * 2) % count : i, timestamp, value };
  });
}

const cases = fc.record({
  count: fc.constantFrom(1, 300, 9000, 30_000),
  seed: fc.nat(1000),
  late: fc.boolean(),
  axis: fc.constantFrom('step' as const, 'time' as const, 'relative' as const),
  buckets: fc.constantFrom(1, 7, 100, 1000),
  window: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  flush: fc.boolean(),
});

describe('reduced curves', () => {
  for (const kind of [ROWS, chunked()]) {
    it(`keep extremes and gaps, and show only what was logged (${kind.name})`, () => {
      fc.assert(
        fc.property(cases, ({ count, seed, late, axis, buckets, window, flush }) => {
          using bench = new Bench(kind, 'OFF');
          const points = curve(count, seed, late);
          for (let i = 0; i < count; i += 1000) bench.write((store) => store.append('run', points.slice(i, i + 1000)));
          if (flush) bench.write((store) => store.flush(['run']));
          const origin = axis === 'relative' ? (points[0]?.timestamp ?? 0) : 0;
          const raw = rowsOf(bench.store.read('run', 'loss')).map(([step, time, value]): [number, number] => [
            axis === 'step' ? step : time - origin,
            value,
          ]);
          const xs = raw.map(([x]) => x).sort((a, b) => a - b);
          const at = (share: number): number => xs[Math.floor(share * (xs.length - 1))] ?? 0;
          const [from, to] = [at(Math.min(...window)), at(Math.max(...window))];
          check(bench.store, { axis, buckets }, raw, xs[0] ?? 0, xs.at(-1) ?? 0);
          check(bench.store, { axis, buckets, from, to }, raw, from, to);
        }),
        { numRuns: 25, endOnFailure: true },
      );
    });
  }

  it('are empty for a series that is not there', () => {
    using bench = new Bench(chunked());
    const { points, exact } = bench.store.reduce('run', 'loss', { axis: 'step', buckets: 10 });
    assert.deepEqual([points.length, exact], [0, true]);
  });

  it('break where values are not finite, and say what was there', () => {
    using bench = new Bench(chunked({ sealAt: 256 }), 'OFF');
    const values = Array.from({ length: 2560 }, (_, i) => (i >= 1000 && i < 1500 ? Number.NaN : i));
    values[2000] = Number.NEGATIVE_INFINITY;
    bench.write((store) =>
      store.append(
        'run',
        values.map((value, step) => ({ key: 'loss', step, timestamp: step, value })),
      ),
    );
    const reduced = triples(bench.store, { axis: 'step', buckets: 10 });
    const marks = reduced.filter(([, , kind]) => kind !== 0);
    assert.ok(marks.some(([x, value, kind]) => x >= 1000 && x < 1500 && Number.isNaN(value) && kind === 1));
    assert.ok(marks.some(([x, , kind]) => x === 2000 && kind === 4));
    assert.deepEqual(reduced[0], [0, 0, 0]);
    assert.deepEqual(reduced.at(-1), [2559, 2559, 0]);
  });
});

function check(store: MetricStore, options: ReduceOptions, raw: [number, number][], from: number, to: number): void {
  const inside = raw.filter(([x]) => x >= from && x <= to);
  const shown = triples(store, options);
  const { exact, ...range } = store.reduce('run', 'loss', options);
  assert.deepEqual([range.from, range.to], [from, to]);
  assert.ok(
    shown.every(([x], i) => i === 0 || x >= (shown[i - 1]?.[0] ?? 0)),
    'x rises',
  );
  if (inside.length <= 2 * options.buckets) assert.ok(exact || options.axis !== 'step');
  if (exact) assert.equal(shown.length, inside.length);
  else assert.ok(shown.length <= 3 * options.buckets);
  const logged = new Set(inside.map(([x, value]) => `${x} ${Number.isFinite(value) ? value : Number.NaN}`));
  for (const [x, value, kind] of shown) {
    assert.ok(logged.has(`${x} ${value}`), `${x} ${value} was never logged`);
    assert.equal(Number.isNaN(value), kind !== 0);
  }
  // Every value lies within what is shown around it: a bucket's own extremes, or those of the buckets beside it.
  const width = (to - from) / options.buckets;
  const finite = shown.filter(([, , kind]) => kind === 0);
  let start = 0;
  for (const [x, value] of [...inside].sort((a, b) => a[0] - b[0])) {
    while ((finite[start]?.[0] ?? Number.POSITIVE_INFINITY) < x - 2 * width - 1) start++;
    let [low, high, bad] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
    if (Number.isFinite(value)) {
      for (let i = start; (finite[i]?.[0] ?? Number.POSITIVE_INFINITY) <= x + 2 * width + 1; i++) {
        low = Math.min(low, finite[i]?.[1] ?? 0);
        high = Math.max(high, finite[i]?.[1] ?? 0);
      }
      assert.ok(low <= value && value <= high, `${value} at ${x} is outside of ${low} to ${high}`);
    } else {
      bad = shown.some(([at, , kind]) => kind !== 0 && Math.abs(at - x) <= 2 * width + 1);
      assert.ok(bad, `nothing tells of ${value} at ${x}`);
    }
  }
}
