import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDateTime,
  formatDuration,
  formatNumber,
  formatNumbers,
  formatRelative,
} from './format.ts';

test('numbers have at most five significant digits and keep what they are', () => {
  const expected: [number | 'NaN' | 'Infinity' | '-Infinity', string][] = [
    [0, '0'],
    [0.981, '0.981'],
    [0.9813456, '0.98135'],
    [12.3456789, '12.346'],
    [123456.789, '123457'],
    [1234567, '1234567'],
    [0.00012345678, '0.00012346'],
    [0.0000012, '1.2e-6'],
    [-0.5, '−0.5'],
    [-1.5e-9, '−1.5e-9'],
    [2.5e20, '2.5e20'],
    [1e300, '1e300'],
    ['NaN', 'NaN'],
    ['Infinity', '∞'],
    ['-Infinity', '−∞'],
  ];
  for (const [value, text] of expected) assert.equal(formatNumber(value), text);
});

test('compared numbers show as many digits as differ', () => {
  assert.deepEqual(formatNumbers([0.98123, 0.5]), ['0.981', '0.5']);
  assert.deepEqual(formatNumbers([0.98124, 0.98123]), ['0.98124', '0.98123']);
  assert.deepEqual(formatNumbers([0.9812, 0.9813, 0.9812]), ['0.9812', '0.9813', '0.9812']);
});

test('durations are the two largest units', () => {
  const expected: [number, string][] = [
    [0, '0 ms'],
    [350, '350 ms'],
    [3200, '3.2 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 m'],
    [252_000, '4 m 12 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 m'],
    [90_000_000, '1 d 1 h'],
    [Number.NaN, '–'],
  ];
  for (const [ms, text] of expected) assert.equal(formatDuration(ms), text);
});

test('ages and relative times', () => {
  const now = new Date(2026, 10, 20, 21, 0, 0).getTime();
  assert.equal(formatAge(now - 500, now), 'now');
  assert.equal(formatAge(now - 12_900, now), '12 s');
  assert.equal(formatRelative(now - 14 * 60_000, now), '14 m ago');
  assert.equal(formatRelative(now - 26 * 3_600_000, now), '1 d ago');
  assert.equal(formatRelative(now + 60_000, now), 'now');
  assert.equal(formatRelative(now - 90 * 86_400_000, now), '2026-08-22');
  assert.equal(formatDateTime(now), '2026-11-20 21:00:00');
});

test('sizes and counts', () => {
  assert.deepEqual([0, 812, 1400, 31_200_000, 999_600, 5e12].map(formatBytes), [
    '0 B',
    '812 B',
    '1.4 kB',
    '31.2 MB',
    '1 MB',
    '5 TB',
  ]);
  assert.equal(formatCount(1, 'run'), '1 run');
  assert.equal(formatCount(0, 'run'), '0 runs');
  assert.equal(formatCount(2, 'copy', 'copies'), '2 copies');
});
