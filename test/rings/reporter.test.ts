import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../harness/home.ts';

const reporter = path.join(import.meta.dirname, 'reporter.ts');

/** Runs test files in a Node of its own and returns what the reporter wrote. */
function countsOf(folder: string, files: Record<string, string>): unknown {
  const report = path.join(folder, 'report.json');
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const args = [
    '--test',
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${report}`,
    ...Object.keys(files),
  ];
  // A test runner inside a test runner reports upwards unless it is told that it stands alone.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  spawnSync(process.execPath, args, { cwd: folder, env });
  return JSON.parse(readFileSync(report, 'utf8'));
}

test('counts tests over files, and each way not to pass', async () => {
  await using folder = temporaryFolder('reporter');
  const counts = countsOf(folder.path, {
    'a.test.mjs': `import { suite, test } from 'node:test';
      suite('suites are not counted', () => { test('passes', () => {}); test('fails', () => { throw new Error(); }); });
      test.skip('skipped', () => {}); test.todo('to do');`,
    'b.test.mjs': `import { test } from 'node:test'; test('too slow', { timeout: 1 }, () => new Promise((r) => setTimeout(r, 200)));`,
    'c.test.mjs': `throw new Error('not even loaded');`,
  });
  assert.deepEqual(counts, { passed: 1, failed: 3, skipped: 2 });
});
