import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../../../test/harness/home.ts';
import { watchFolders } from './watchFolders.ts';

test('what appears, grows or is renamed into place is told, in each folder, and what is half written is not', async () => {
  await using folder = temporaryFolder('watch');
  const metrics = path.join(folder.path, 'metrics');
  mkdirSync(metrics);
  let told = Promise.withResolvers<void>();
  let times = 0;
  const watching = watchFolders(
    [folder.path, metrics],
    () => {
      times++;
      told.resolve();
    },
    (error) => told.reject(error),
  );
  const act = async (change: () => void): Promise<void> => {
    told = Promise.withResolvers<void>();
    change();
    await told.promise;
    // Whatever else one change says (that it was made, that it was written) has then been said.
    await sleep(50);
  };
  try {
    await act(() => writeFileSync(path.join(folder.path, 'output.log'), 'a'));
    await act(() => appendFileSync(path.join(folder.path, 'output.log'), 'b'));
    await act(() => writeFileSync(path.join(metrics, '1.jsonl'), '{}\n'));
    await act(() => appendFileSync(path.join(metrics, '1.jsonl'), '{}\n'));
    const before = times;
    writeFileSync(path.join(folder.path, 'exit.json.tmp'), '{}');
    await sleep(100);
    assert.equal(times, before);
    await act(() => renameSync(path.join(folder.path, 'exit.json.tmp'), path.join(folder.path, 'exit.json')));
  } finally {
    watching.close();
  }
  const last = times;
  writeFileSync(path.join(folder.path, 'later'), '');
  await sleep(100);
  assert.equal(times, last);
});

test('a folder that is not there is an error of its own, and the others are watched', async () => {
  await using folder = temporaryFolder('watch');
  const told = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const watching = watchFolders(
    [path.join(folder.path, 'missing'), folder.path],
    () => told.resolve(),
    (error) => errors.push(error),
  );
  try {
    assert.equal((errors[0] as NodeJS.ErrnoException).code, 'ENOENT');
    writeFileSync(path.join(folder.path, 'here'), '');
    await told.promise;
    assert.equal(errors.length, 1);
  } finally {
    watching.close();
  }
});
