import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { extent, nearest, smooth, toCurve } from './curves.ts';

test('a gap stays a gap, and null is one', () => {
  const curve = toCurve({ x: [1, 2, 3], y: [0.5, null, 0.25] });
  assert.deepEqual([...curve.y], [0.5, Number.NaN, 0.25]);
});

test('smoothing begins at the first value instead of near zero', () => {
  const smoothed = smooth(Float64Array.of(10, 10, 10), 0.9);
  for (const value of smoothed) assert.ok(Math.abs(value - 10) < 1e-9);
});

test('smoothing skips gaps and continues after them', () => {
  const smoothed = smooth(Float64Array.of(1, Number.NaN, 1), 0.5);
  assert.ok(Number.isNaN(smoothed[1]));
  assert.ok(Math.abs((smoothed[2] ?? 0) - 1) < 1e-12);
});

test('a smoothed curve stays between the extremes of the raw one', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 0.99, noNaN: true }), (list, weight) => {
      const y = Float64Array.from(list);
      const [min, max] = extent([y]) ?? [0, 0];
      const slack = (max - min) * 1e-6 + 1e-6;
      return smooth(y, weight).every((value) => value >= min - slack && value <= max + slack);
    }),
  );
});

test('the nearest point is found, gaps left out', () => {
  const curve = { x: Float64Array.of(0, 10, 20), y: Float64Array.of(1, Number.NaN, 3) };
  assert.equal(nearest(curve, 1), 0);
  assert.equal(nearest(curve, 11), 2);
  assert.equal(nearest({ x: new Float64Array(), y: new Float64Array() }, 1), -1);
});

test('bounds leave out what a logarithmic axis cannot show', () => {
  assert.deepEqual(extent([Float64Array.of(-1, 0, 2, Number.POSITIVE_INFINITY, 5)], true), [2, 5]);
  assert.equal(extent([Float64Array.of(Number.NaN)]), undefined);
});
