import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Fixture, makeFixture, quiet } from './fixture.ts';
import { loadManifest } from './manifest.ts';
import { readStable } from './readStable.ts';
import { isSettled, stampOf } from './stamp.ts';
import { StatCache } from './statCache.ts';
import { blobPath, manifestPath } from './store.ts';
import { take } from './take.ts';

let f: Fixture;
beforeEach(async () => {
  f = await makeFixture();
});
afterEach(() => f.remove());
const sha = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

test('the id is the digest of the manifest, equal for equal folders, and contents are stored once', async () => {
  f.write('a.py', 'same');
  f.write('sub/b.py', 'same');
  f.write('run.sh', '#!/bin/sh\n', 0o755);
  symlinkSync('a.py', join(f.folder, 'link'));
  const first = await take(f.folder, f.store, quiet);
  assert.equal(first.id, sha(readFileSync(manifestPath(f.store, first.id))));
  assert.deepEqual([first.files, first.bytes, first.newBlobs], [3, 18, 2]);
  const { entries } = await loadManifest(f.store, first.id);
  assert.deepEqual(entries, [
    { type: 'file', path: 'a.py', size: 4, sha256: sha('same'), executable: false, torn: false },
    { type: 'symlink', path: 'link', target: 'a.py' },
    { type: 'file', path: 'run.sh', size: 10, sha256: sha('#!/bin/sh\n'), executable: true, torn: false },
    { type: 'file', path: 'sub/b.py', size: 4, sha256: sha('same'), executable: false, torn: false },
  ]);
  assert.equal(readFileSync(blobPath(f.store, sha('same')), 'utf8'), 'same');
  const again = await take(f.folder, f.store, quiet);
  assert.deepEqual([again.id, again.newBlobs], [first.id, 0]);
  assert.equal(statSync(join(f.folder, 'a.py')).nlink, 1);
  assert.deepEqual(readdirSync(join(f.store.root, 'tmp')), []);
});

test('every change is seen: content of the same size and times set back, mode, target, names', async () => {
  f.write('a', 'one');
  symlinkSync('x', join(f.folder, 'l'));
  const old = new Date(Date.now() - 60_000);
  utimesSync(join(f.folder, 'a'), old, old);
  await sleep(150);
  const seen = [(await take(f.folder, f.store, quiet)).id];
  const next = async () => seen.push((await take(f.folder, f.store, quiet)).id);
  writeFileSync(join(f.folder, 'a'), 'two');
  utimesSync(join(f.folder, 'a'), old, old);
  await next();
  chmodSync(join(f.folder, 'a'), 0o755);
  await next();
  rmSync(join(f.folder, 'l'));
  symlinkSync('y', join(f.folder, 'l'));
  await next();
  f.write('b');
  await next();
  assert.equal(new Set(seen).size, 5);
});

test('a file written again within the tick in which it was hashed is not taken for unchanged', async () => {
  const path = join(f.folder, 'a');
  // Many rounds, since two writes seldom fall into one tick, and never where the kernel tells every write apart.
  for (let round = 0; round < 300; round += 1) {
    const cache = await StatCache.load(f.store, 'test');
    writeFileSync(path, 'one');
    const read = await readStable(path);
    cache.remember('a', read.stamp, read.sha256, read.readAt);
    writeFileSync(path, 'two');
    await cache.save();
    const later = stampOf(lstatSync(path, { bigint: true }));
    assert.notEqual((await StatCache.load(f.store, 'test')).find('a', later), read.sha256);
  }
});

test('a stamp counts as settled only when clearly older than the reading, and later where the clock is coarse', () => {
  const at = 1_700_000_000_500;
  const stamp = (ms: number, ns = 1n) => `5:${BigInt(ms) * 1_000_000n + ns}:0:7`;
  assert.equal(isSettled(stamp(at), at), false);
  assert.equal(isSettled(stamp(at - 50), at), false);
  assert.equal(isSettled(stamp(at - 200), at), true);
  assert.equal(isSettled(stamp(at + 5000), at), false);
  assert.equal(isSettled(stamp(1_700_000_000_000, 0n), at), false);
  assert.equal(isSettled(stamp(1_700_000_000_000, 0n), 1_700_000_002_200), true);
  assert.equal(isSettled(`5:0:${BigInt(at) * 1_000_000n}:7`, at), false);
});

test('unchanged files are not read again: their content may be gone and nobody notices', async () => {
  f.write('a', 'one');
  await sleep(150);
  const first = await take(f.folder, f.store, quiet);
  rmSync(blobPath(f.store, sha('one'))); // what must never happen, as the proof that nothing looked
  const again = await take(f.folder, f.store, quiet);
  assert.deepEqual([again.id, again.newBlobs], [first.id, 0]);
  // Once the snapshot is gone, its contents may be too, and each is looked for.
  rmSync(manifestPath(f.store, first.id));
  assert.deepEqual([(await take(f.folder, f.store, quiet)).newBlobs], [1]);
});

test('a damaged cache is no cache', async () => {
  f.write('a', 'one');
  await sleep(150);
  const first = await take(f.folder, f.store, quiet);
  const [name = ''] = readdirSync(join(f.store.root, 'cache'));
  const path = join(f.store.root, 'cache', name);
  writeFileSync(path, readFileSync(path, 'utf8').replace(sha('one'), sha('two')));
  assert.equal((await take(f.folder, f.store, quiet)).id, first.id);
});

test('a file that changes while it is read is read again, and called torn if it never holds still', async () => {
  f.write('log', Buffer.alloc(3 * 1024 * 1024, 1));
  const path = join(f.folder, 'log');
  let changes = 1;
  const once = await readStable(path, { onBytes: () => changes-- > 0 && appendFileSync(path, 'x') });
  assert.deepEqual([once.torn, once.size, once.sha256], [false, 3 * 1024 * 1024 + 1, sha(readFileSync(path))]);
  const never = await readStable(path, { onBytes: () => appendFileSync(path, 'x') });
  assert.equal(never.torn, true);
  const cut = await readStable(path, { attempts: 1, onBytes: () => writeFileSync(path, 'short') });
  assert.equal(cut.torn, true);
});

test('a torn file is in the snapshot, marked, with just the content that its digest says', async () => {
  f.write('log', Buffer.alloc(4 * 1024 * 1024, 1));
  const path = join(f.folder, 'log');
  const source = `const fs = require('fs'); const fd = fs.openSync(require('worker_threads').workerData, 'r+');
    require('worker_threads').parentPort.on('message', () => process.exit());
    (function go() { for (let i = 0; i < 50; i++) fs.writeSync(fd, String(Math.random()), Math.floor(Math.random() * 4e6)); setImmediate(go); })();`;
  const writer = new Worker(source, { eval: true, workerData: path });
  await new Promise((resolve) => writer.once('online', resolve));
  await sleep(50);
  try {
    // On a busy machine the writer may sleep through a whole reading, so it gets more than one chance.
    for (let tries = 0; ; tries += 1) {
      const taken = await take(f.folder, f.store, quiet);
      const [entry] = (await loadManifest(f.store, taken.id)).entries;
      assert.ok(entry?.type === 'file' && tries < 50);
      assert.equal(sha(readFileSync(blobPath(f.store, entry.sha256))), entry.sha256);
      assert.deepEqual(taken.torn, entry.torn ? ['log'] : []);
      if (entry.torn) break;
    }
  } finally {
    await writer.terminate();
  }
});

test('a large file is streamed: memory stays far below its size', async () => {
  const fd = openSync(join(f.folder, 'model.bin'), 'w');
  ftruncateSync(fd, 1024 * 1024 * 1024);
  writeSync(fd, 'end', 1024 * 1024 * 1024 - 3);
  closeSync(fd);
  const before = process.memoryUsage.rss();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss() - before);
  }, 20);
  const control = new AbortController();
  // Copying all of it would cost the machine's other work a gigabyte; a third shows the memory as well.
  const running = take(f.folder, f.store, { ...quiet, signal: control.signal });
  const stop = setTimeout(() => control.abort(), 700);
  await running.catch((error: unknown) => assert.equal(control.signal.aborted, true, String(error)));
  clearTimeout(stop);
  clearInterval(watch);
  assert.ok(most < 100 * 1024 * 1024, `${most} bytes`);
  if (control.signal.aborted) assert.deepEqual(readdirSync(join(f.store.root, 'tmp')), []);
});

test('a file above the limit, or that cannot be read, refuses the snapshot by name', async () => {
  f.write('big.bin', '123456');
  await assert.rejects(take(f.folder, f.store, { ...quiet, maxFileSize: 5 }), {
    code: 'file-too-large',
    message: /"big.bin"/,
  });
  f.write('locked', 'x', 0);
  const asNobody = async (options: object) => {
    const root = process.geteuid?.() === 0;
    for (const path of [f.root, f.folder]) chmodSync(path, 0o755);
    for (const path of ['', 'blobs', 'cache', 'tmp', 'manifests']) chmodSync(join(f.store.root, path), 0o777);
    if (root) process.seteuid?.(65534);
    try {
      return await take(f.folder, f.store, { ...quiet, ...options });
    } finally {
      if (root) process.seteuid?.(0);
    }
  };
  await assert.rejects(asNobody({}), { code: 'unreadable', message: /"locked"/, paths: ['locked'] });
  assert.deepEqual((await asNobody({ onUnreadable: 'skip' })).skipped, ['locked']);
});

test('aborting leaves no snapshot and no temporary file', async () => {
  for (let i = 0; i < 500; i += 1) f.write(`f${i}`);
  const control = new AbortController();
  const running = take(f.folder, f.store, {
    ...quiet,
    signal: control.signal,
    onProgress: ({ files }) => files > 50 && control.abort(),
  });
  await assert.rejects(running, { name: 'AbortError' });
  assert.deepEqual([readdirSync(join(f.store.root, 'manifests')), readdirSync(join(f.store.root, 'tmp'))], [[], []]);
  assert.equal((await take(f.folder, f.store, quiet)).files, 500);
});
