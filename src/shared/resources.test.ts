import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMemory, parseTime } from './resources.ts';

test('times and sizes as people write them', () => {
  assert.deepEqual(['2h 30m', '1d', '90 s', '1h1h'].map(parseTime), [9_000_000, 86_400_000, 90_000, 7_200_000]);
  assert.deepEqual(['', '0s', '2', '2 weeks', '-1h'].map(parseTime), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(['8 GB', '1.5GiB', '512M', '1024'].map(parseMemory), [
    8 * 1024 ** 3,
    1.5 * 1024 ** 3,
    512 * 1024 ** 2,
    1024,
  ]);
  assert.deepEqual(['0 GB', 'much', '8 gb'].map(parseMemory), [undefined, undefined, undefined]);
});
