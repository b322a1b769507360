import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchOutputs } from './watchOutputs.ts';

test('files that appear or grow are told of, logged media are not, and nothing after the end', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trainyard-outputs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, 'media'));
  let told = 0;
  const errors: unknown[] = [];
  const watch = watchOutputs(
    folder,
    () => told++,
    (error) => errors.push(error),
  );
  const untilTold = async (change: () => void) => {
    const before = told;
    // Repeated, since the watch is not there from the first moment on.
    for (let i = 0; told === before && i < 200; i++) {
      change();
      await sleep(50);
    }
    assert.ok(told > before, 'nothing was told');
  };
  let n = 0;
  await untilTold(() => writeFileSync(path.join(folder, `model-${n++}.bin`), 'x'));
  mkdirSync(path.join(folder, 'checkpoints'), { recursive: true });
  await untilTold(() => writeFileSync(path.join(folder, 'checkpoints', `${n++}.bin`), 'x'));
  await untilTold(() => writeFileSync(path.join(folder, 'model-0.bin'), `longer ${n++}`));
  await sleep(300);
  const settled = told;
  writeFileSync(path.join(folder, 'media', 'picture.png'), 'x');
  await sleep(300);
  assert.equal(told, settled);
  watch.close();
  writeFileSync(path.join(folder, 'late.bin'), 'x');
  await sleep(200);
  assert.equal(told, settled);
  assert.deepEqual(errors, []);
});
