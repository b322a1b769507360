import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { elementKind, fromHalfBits, toHalfBits } from './elements.ts';

test('integers are exact, in range, and a text where a JSON number is not enough', () => {
  assert.equal(elementKind('int64').cast('9007199254740993'), 9007199254740993n);
  assert.equal(elementKind('int64').cast(-5), -5n);
  assert.equal(elementKind('uint8').cast('255'), 255);
  assert.throws(() => elementKind('int64').cast(2 ** 53), /send it as a text/);
  assert.throws(() => elementKind('int32').cast(1.5), /not a whole number/);
  assert.throws(() => elementKind('uint8').cast(256), /outside 0 … 255/);
  assert.throws(() => elementKind('uint64').cast(-1), /outside/);
  assert.throws(() => elementKind('int32').cast(null), /not a whole number/);
});

test('floats take the words that stand for what JSON lacks, and refuse texts', () => {
  const { cast } = elementKind('float32');
  assert.ok(Number.isNaN(cast(null)));
  assert.ok(Number.isNaN(cast('NaN')));
  assert.equal(cast('-Infinity'), Number.NEGATIVE_INFINITY);
  assert.equal(cast('1e-3'), 0.001);
  assert.equal(cast(true), 1);
  for (const wrong of ['', ' ', 'one', {}, []]) assert.throws(() => cast(wrong), /not a number/);
});

test('booleans and texts', () => {
  const { cast } = elementKind('bool');
  assert.deepEqual([true, 'False', 1, '0'].map(cast), [1, 0, 1, 0]);
  assert.throws(() => cast(2), /not true or false/);
  assert.equal(elementKind('string').cast(3), '3');
  assert.throws(() => elementKind('string').cast(null), /null is not a text/);
});

test('half floats round as Float16Array does', () => {
  const native = new Uint16Array(1);
  const view = new Float16Array(native.buffer);
  const agree = (value: number) => {
    view[0] = value;
    const expected = native[0] ?? 0;
    const bits = toHalfBits(value);
    if (Number.isNaN(value)) return Number.isNaN(fromHalfBits(bits));
    return bits === expected && Object.is(fromHalfBits(bits), Number(view[0]));
  };
  for (const value of [
    0,
    -0,
    1,
    65504,
    65519.9,
    65520,
    6e-8,
    2.9e-8,
    0.1,
    2 ** -14,
    2 ** -14 - 2 ** -25,
    1 + 2 ** -11,
  ]) {
    assert.ok(agree(value), String(value));
  }
  fc.assert(fc.property(fc.double({ min: -70_000, max: 70_000 }), agree), { numRuns: 5000 });
  fc.assert(fc.property(fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4) }), agree), { numRuns: 5000 });
});
