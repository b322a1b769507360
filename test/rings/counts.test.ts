import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, parseReport, summary } from './counts.ts';

test('the last line has the form that CI looks for', () => {
  const total = add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 0, skipped: 0 });
  assert.equal(summary(total), '11 passed, 2 failed, 3 skipped');
});

test('a ring without a report, without counts or without a test is a failure', () => {
  assert.deepEqual(parseReport('{"passed":2,"failed":0,"skipped":1}', 'unit'), { passed: 2, failed: 0, skipped: 1 });
  assert.throws(() => parseReport(undefined, 'unit'), /left no report/);
  assert.throws(() => parseReport('{"passed":"2"}', 'unit'), /no counts/);
  assert.throws(() => parseReport('{"passed":0,"failed":0,"skipped":0}', 'unit'), /no test at all/);
});
