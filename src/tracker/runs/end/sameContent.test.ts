import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { sameContent } from './sameContent.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'trainyard-same-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('files are the same by their bytes, and a missing one is like none', async () => {
  const write = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const [one, two, other] = [write('one', 'weights'), write('two', 'weights'), write('other', 'WEIGHTS')];
  assert.equal(await sameContent(one, two), true);
  assert.equal(await sameContent(one, other), false);
  assert.equal(await sameContent(one, path.join(folder, 'none')), false);
  assert.equal(await sameContent(folder, folder), false);
});
