import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkTestGlobs } from './testGlobs.ts';

test('a test outside every ring is named', () => {
  const inside = [
    'src/a/b.test.ts',
    'webview/run/a.test.ts',
    'test/editor/suite/a.test.ts',
    'test/soak/a.test.ts',
    'test/engines/a.test.ts',
  ];
  assert.deepEqual(checkTestGlobs(inside), []);
  for (const file of ['test/elsewhere/a.test.ts', 'src/a.spec.ts', 'webview/run/a.test.tsx']) {
    assert.match(checkTestGlobs([file])[0] ?? '', /belongs to no ring/);
  }
});
