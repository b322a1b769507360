import assert from 'node:assert/strict';
import { test } from 'node:test';
import { survive } from '../../../test/survival.ts';

test('a training outlives its tracker', { timeout: 120_000 }, async () => {
  await survive(5, ({ problems }, index) => assert.deepEqual(problems, [], `round ${index}`));
});
