import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { type Entry, fromBufferPromise } from 'yauzl';
import { canMount } from '../../../test/harness/mounts.ts';
import { collectGarbage, deleteSnapshot } from './collect.ts';
import { diffSnapshots } from './diff.ts';
import { exportZip } from './exportZip.ts';
import { type Fixture, makeFixture, quiet } from './fixture.ts';
import { materialise } from './materialise.ts';
import { readSnapshotFile, streamSnapshotFile } from './readFile.ts';
import { blobPath, manifestPath, openSnapshotStore, storedDigests } from './store.ts';
import { take } from './take.ts';
import { verifySnapshot } from './verify.ts';

let f: Fixture;
beforeEach(async () => {
  f = await makeFixture();
});
afterEach(() => f.remove());
const sha = (data: string) => createHash('sha256').update(data).digest('hex');
const snapshot = async () => (await take(f.folder, f.store, quiet)).id;
const age = (id: string) => utimesSync(manifestPath(f.store, id), 1000, 1000);

test('files are read whole, in part and as streams; what is not there or out of range is refused', async () => {
  f.write('a.txt', '0123456789');
  f.write('empty', '');
  mkdirSync(join(f.folder, 'd'));
  const id = await snapshot();
  const read = async (start: number, length: number) =>
    (await readSnapshotFile(f.store, id, 'a.txt', { start, length })).data.toString();
  assert.deepEqual([await read(0, 4), await read(8, 100), await read(10, 5)], ['0123', '89', '']);
  assert.equal((await readSnapshotFile(f.store, id, 'a.txt')).size, 10);
  const part = await streamSnapshotFile(f.store, id, 'a.txt', { start: 2, length: 3 });
  assert.deepEqual([part.length, (await buffer(part.stream)).toString()], [3, '234']);
  assert.equal((await buffer((await streamSnapshotFile(f.store, id, 'empty')).stream)).length, 0);
  await assert.rejects(read(11, 1), { code: 'range-not-satisfiable' });
  await assert.rejects(read(-1, 1), { code: 'range-not-satisfiable' });
  for (const path of ['none', 'd', '../store', ''])
    await assert.rejects(readSnapshotFile(f.store, id, path), { code: 'not-found' });
  await assert.rejects(readSnapshotFile(f.store, sha('x'), 'a.txt'), { code: 'not-found' });
});

test('a diff names what came, went and changed', async () => {
  for (const path of ['a', 'gone', 'mode', 'same']) f.write(path);
  symlinkSync('x', join(f.folder, 'link'));
  const before = await snapshot();
  f.write('a', 'other');
  f.write('mode', 'mode', 0o755);
  f.write('new');
  rmSync(join(f.folder, 'gone'));
  rmSync(join(f.folder, 'link'));
  symlinkSync('y', join(f.folder, 'link'));
  const diff = await diffSnapshots(f.store, before, await snapshot());
  assert.deepEqual(
    diff.added.map((each) => each.path),
    ['new'],
  );
  assert.deepEqual(
    diff.removed.map((each) => each.path),
    ['gone'],
  );
  assert.deepEqual(
    diff.changed.map((each) => each.path),
    ['a', 'link', 'mode'],
  );
  assert.equal(diff.unchanged, 1);
});

async function zipOf(id: string): Promise<{ bytes: Buffer; renamed: { path: string; name: string }[] }> {
  const out = new PassThrough();
  const collected = buffer(out);
  const { renamed } = await exportZip(f.store, id, out);
  return { bytes: await collected, renamed };
}

test('a zip holds everything, links as links, the same bytes each time and in each time zone', async () => {
  f.write('train.py', 'print()');
  f.write('bin/run', '#!', 0o755);
  f.write('🚂/"x"\n', 'odd');
  f.write('empty', '');
  f.write('..\\evil', 'x');
  f.write('C:drive', 'x');
  writeFileSync(Buffer.concat([Buffer.from(`${f.folder}/`), Buffer.from([0xff])]), 'bytes');
  mkdirSync(join(f.folder, 'out'));
  symlinkSync('../train.py', join(f.folder, 'bin/link'));
  const id = await snapshot();
  const zone = process.env.TZ;
  process.env.TZ = 'Asia/Tokyo';
  const first = await zipOf(id);
  process.env.TZ = 'America/New_York';
  const second = await zipOf(id);
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  assert.ok(first.bytes.equals(second.bytes));
  assert.deepEqual(
    first.renamed.map(({ name }) => name),
    ['..%5Cevil', 'C%3Adrive', '%FF'],
  );
  const zip = await fromBufferPromise(first.bytes);
  const seen: Record<string, string> = {};
  for await (const entry of zip.eachEntry() as AsyncIterable<Entry>) {
    const content = entry.fileName.endsWith('/')
      ? ''
      : (await buffer(await zip.openReadStreamPromise(entry))).toString();
    seen[entry.fileName] = `${(entry.externalFileAttributes >>> 16).toString(8)} ${content}`;
  }
  assert.deepEqual(seen, {
    '..%5Cevil': '100644 x',
    'C%3Adrive': '100644 x',
    'bin/link': '120777 ../train.py',
    'bin/run': '100755 #!',
    empty: '100644 ',
    'out/': '40755 ',
    'train.py': '100644 print()',
    '🚂/"x"\n': '100644 odd',
    '%FF': '100644 bytes',
  });
  writeFileSync(join(f.root, 'x.zip'), first.bytes);
  const program = 'import sys,zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())';
  assert.equal(execFileSync('python3', ['-c', program, join(f.root, 'x.zip')], { encoding: 'utf8' }).trim(), 'None');
});

test('no space left says so, and leaves nothing half-made', { skip: !canMount() }, async () => {
  f.write('big', Buffer.alloc(4 * 1024 * 1024, 7));
  const place = join(f.root, 'small');
  mkdirSync(place);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', place]);
  try {
    const store = await openSnapshotStore(join(place, 'store'));
    await assert.rejects(take(f.folder, store, quiet), { code: 'no-space', message: /There is no space left in/ });
    assert.deepEqual([readdirSync(join(store.root, 'tmp')), readdirSync(join(store.root, 'manifests'))], [[], []]);
    const id = await snapshot();
    await assert.rejects(materialise(f.store, id, join(place, 'copy')), { code: 'no-space' });
    assert.deepEqual(readdirSync(place), ['store']);
  } finally {
    execFileSync('umount', [place]);
  }
});

test('a zip of a damaged snapshot fails and does not hang', async () => {
  f.write('a', 'one');
  const id = await snapshot();
  rmSync(blobPath(f.store, sha('one')));
  const out = new PassThrough();
  out.on('error', () => undefined);
  await assert.rejects(exportZip(f.store, id, out), { code: 'corrupt', message: /missing or damaged/ });
  assert.equal(out.destroyed, true);
});

test('verifying finds what is missing and what was altered', async () => {
  for (const name of ['good', 'lost', 'bad']) f.write(name);
  const id = await snapshot();
  rmSync(blobPath(f.store, sha('lost')));
  writeFileSync(blobPath(f.store, sha('bad')), 'BAD');
  assert.deepEqual(await verifySnapshot(f.store, id), { files: 3, bytes: 11, missing: ['lost'], damaged: ['bad'] });
  writeFileSync(manifestPath(f.store, id), 'rubbish');
  await assert.rejects(verifySnapshot(f.store, id), { code: 'corrupt' });
});

test('collecting removes what nobody counts on, says it first when dry, and keeps shared contents', async () => {
  f.write('shared');
  f.write('old');
  const old = await snapshot();
  rmSync(join(f.folder, 'old'));
  f.write('new');
  const live = await snapshot();
  age(old);
  age(live);
  writeFileSync(join(f.store.root, 'tmp', 'left'), '');
  utimesSync(join(f.store.root, 'tmp', 'left'), 1000, 1000);
  const dry = await collectGarbage(f.store, [live, sha('lost')], { dryRun: true });
  assert.deepEqual(dry, { snapshots: [old], blobs: 1, bytes: 3, missing: [sha('lost')] });
  assert.equal((await verifySnapshot(f.store, old)).missing.length, 0);
  assert.deepEqual(await collectGarbage(f.store, [live, sha('lost')]), dry);
  assert.equal(existsSync(manifestPath(f.store, old)), false);
  assert.deepEqual((await verifySnapshot(f.store, live)).missing, []);
  const blobs: string[] = [];
  for await (const { digest } of storedDigests(f.store, 'blobs')) blobs.push(digest);
  assert.deepEqual(blobs.sort(), [sha('shared'), sha('new')].sort());
  assert.deepEqual(readdirSync(join(f.store.root, 'tmp')), []);
});

test('a young snapshot stays, and so does one that was taken again', async () => {
  f.write('a');
  const id = await snapshot();
  assert.deepEqual((await collectGarbage(f.store, [])).snapshots, []);
  age(id);
  await snapshot();
  assert.deepEqual((await collectGarbage(f.store, [])).snapshots, []);
  assert.deepEqual((await collectGarbage(f.store, [], { grace: -1000 })).snapshots, [id]);
});

test('nothing is removed while a snapshot that is needed cannot be read', async () => {
  f.write('a');
  const id = await snapshot();
  writeFileSync(manifestPath(f.store, id), 'rubbish');
  await assert.rejects(collectGarbage(f.store, [id], { grace: 0 }), {
    code: 'corrupt',
    message: /Nothing was removed/,
  });
  assert.ok(existsSync(blobPath(f.store, sha('a'))));
});

test('collecting while snapshots are taken breaks none of them', async () => {
  for (let i = 0; i < 60; i += 1) f.write(`f${i}`, `${i}`);
  const results = await Promise.all(
    Array.from({ length: 6 }, async (_, round) => {
      if (round % 2 === 1) return collectGarbage(f.store, [], { grace: -1000 }).then(() => undefined);
      return take(f.folder, f.store, quiet);
    }),
  );
  assert.ok(results.some((each) => each !== undefined));
  const last = await take(f.folder, f.store, quiet);
  assert.deepEqual((await verifySnapshot(f.store, last.id)).missing, []);
});

test('deleting one snapshot leaves the others whole', async () => {
  f.write('a');
  const first = await snapshot();
  f.write('b');
  const second = await snapshot();
  assert.deepEqual([await deleteSnapshot(f.store, first), await deleteSnapshot(f.store, first)], [true, false]);
  assert.deepEqual((await verifySnapshot(f.store, second)).missing, []);
  await assert.rejects(deleteSnapshot(f.store, '../x'), { code: 'not-found' });
});
