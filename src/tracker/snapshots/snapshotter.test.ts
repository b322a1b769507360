import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Fixture, makeFixture, quiet } from './fixture.ts';
import { Snapshotter } from './snapshotter.ts';

let f: Fixture;
let snapshotter: Snapshotter;
beforeEach(async () => {
  f = await makeFixture();
  snapshotter = new Snapshotter();
});
afterEach(() => {
  snapshotter.dispose();
  f.remove();
});

test('a child previews, takes, copies, hashes and verifies, with progress, one child for all', async () => {
  for (let i = 0; i < 50; i += 1) f.write(`d${i % 5}/f${i}`);
  const progress: number[] = [];
  const following = { onProgress: ({ files }: { files: number }) => progress.push(files) };
  const seen = await snapshotter.preview(f.folder, quiet, following);
  assert.deepEqual([seen.files, 'entries' in seen], [50, false]);
  assert.ok(progress.length > 0);
  const taken = await snapshotter.take(f.folder, f.store, quiet);
  await snapshotter.materialise(f.store, taken.id, join(f.root, 'copy'));
  assert.equal(readFileSync(join(f.root, 'copy/d1/f1'), 'utf8'), 'd1/f1');
  const [input] = await snapshotter.hashInputs(['d1'], f.store, f.folder);
  assert.equal(input?.files, 10);
  assert.deepEqual((await snapshotter.verify(f.store, taken.id)).missing, []);
});

test('its problems and aborts arrive as they were', async () => {
  await assert.rejects(snapshotter.take(join(f.root, 'none'), f.store, quiet), {
    code: 'folder-unusable',
    message: /does not exist/,
  });
  for (let i = 0; i < 300; i += 1) f.write(`f${i}`);
  const control = new AbortController();
  const running = snapshotter.take(f.folder, f.store, quiet, {
    signal: control.signal,
    onProgress: () => control.abort(),
  });
  await assert.rejects(running, { name: 'AbortError' });
  assert.deepEqual(readdirSync(join(f.store.root, 'manifests')), []);
});
