import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodePoints, encodePoints } from './encoding.ts';
import { decodeJournal, encodeJournal } from './journal.ts';
import { type Columns, columns, put, sorted } from './points.ts';

const integer = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.maxSafeInteger());
const value = fc.oneof(fc.double(), fc.float(), fc.constant(0.25)).map((number) => number + 0);
const anyPoints = fc
  .array(fc.record({ step: integer, time: integer, value }), { minLength: 1, maxLength: 300 })
  .map((keys) => {
    const points = columns(keys.length);
    keys.forEach((key, index) => {
      put(points, index, key);
    });
    return sorted(points);
  });

function steady(count: number, jitter: (i: number) => number, valueAt: (i: number) => number): Columns {
  const points = columns(count);
  for (let i = 0; i < count; i++)
    put(points, i, { step: i * 10, time: 1.7e12 + i * 80 + jitter(i), value: valueAt(i) });
  return points;
}

describe('chunk encoding', () => {
  it('returns every point as it was', () => {
    fc.assert(fc.property(anyPoints, (points) => assert.deepEqual(decodePoints(encodePoints(points)), points)));
  });

  it('spends no bytes on regular steps, one on a jittering timestamp, four on a float32', () => {
    const noise = (i: number): number => Math.sin(i * 12.9898) * 43758.5453;
    const jitter = (i: number): number => Math.round(20 * (noise(i) % 1));
    const bytes = (points: Columns): number => encodePoints(points).length / points.steps.length;
    assert.ok(bytes(steady(4096, jitter, (i) => noise(i))) < 9.1);
    assert.ok(bytes(steady(4096, jitter, (i) => Math.fround(noise(i)))) < 5.1);
    assert.ok(
      bytes(
        steady(
          4096,
          () => 0,
          () => 0.001,
        ),
      ) < 0.01,
    );
  });

  it('refuses a newer version and bytes that end early', () => {
    const bytes = encodePoints(steady(100, (i) => i % 3, Math.sqrt));
    assert.throws(() => decodePoints(bytes.subarray(0, bytes.length - 1)), RangeError);
    bytes[0] = 2;
    assert.throws(() => decodePoints(bytes), /version 2.*Update Trainyard/);
  });
});

describe('journal encoding', () => {
  it('returns every entry as it was', () => {
    const entry = fc.record({ series: fc.nat(), points: anyPoints }, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        assert.deepEqual(decodeJournal(encodeJournal(entries)), entries);
      }),
    );
  });
});
