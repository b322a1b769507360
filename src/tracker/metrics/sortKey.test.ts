import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from './points.ts';
import { decodeKey, encodeKey } from './sortKey.ts';

const number = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, 0, -1, 1)).map((value) => value + 0);
const key = fc.record({
  step: fc.maxSafeInteger(),
  time: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1, max: 1 })),
  value: number,
});

describe('sort keys', () => {
  it('compare as bytes as points compare', () => {
    fc.assert(
      fc.property(key, key, fc.boolean(), (a, other, sameStep) => {
        const b = sameStep ? { ...other, step: a.step } : other;
        assert.equal(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b))), Math.sign(compareKeys(a, b)));
      }),
    );
  });

  it('can be read back, from a Buffer inside a larger one too, which stays as it is', () => {
    fc.assert(
      fc.property(key, (a) => {
        const stored = Buffer.concat([Buffer.alloc(5), encodeKey(a)]).subarray(5);
        const before = stored.toString('hex');
        assert.deepEqual(decodeKey(stored), { ...a });
        assert.equal(stored.toString('hex'), before);
      }),
    );
  });
});
