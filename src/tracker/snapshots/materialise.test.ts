import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { type Fixture, makeFixture, quiet } from './fixture.ts';
import { linksBack } from './linkBack.ts';
import { loadManifest, parseManifest, writeManifest } from './manifest.ts';
import { materialise } from './materialise.ts';
import { linkAttempts } from './placeLink.ts';
import { scan } from './scan.ts';
import { blobPath, manifestPath } from './store.ts';
import { take } from './take.ts';
import type { ManifestEntry } from './types.ts';

let f: Fixture;
let target = '';
beforeEach(async () => {
  f = await makeFixture();
  target = join(f.root, 'runs', 'copy');
});
afterEach(() => f.remove());

/** Writes a manifest past every check, as an attacker with the store in hand would. */
function forge(lines: unknown[]): string {
  const text = `{"format":"trainyard-snapshot","version":1}\n${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}`;
  const id = createHash('sha256').update(text).digest('hex');
  mkdirSync(dirname(manifestPath(f.store, id)), { recursive: true });
  writeFileSync(manifestPath(f.store, id), text);
  return id;
}

test('the copy is the folder: contents, bits, links, empty folders, odd names; and shares nothing with the store', async () => {
  f.write('train.py', 'print()');
  f.write('bin/run.sh', '#!/bin/sh', 0o755);
  f.write('odd/new\nline "q" 🚂', 'x');
  writeFileSync(Buffer.concat([Buffer.from(`${f.folder}/`), Buffer.from([0xff, 0xfe])]), 'bytes');
  mkdirSync(join(f.folder, 'outputs'));
  symlinkSync('train.py', join(f.folder, 'main'));
  symlinkSync('nowhere', join(f.folder, 'dangling'));
  const taken = await take(f.folder, f.store, quiet);
  const made = await materialise(f.store, taken.id, target);
  assert.deepEqual(made, { files: 4, bytes: 22, links: 0, linksSkipped: [] });
  const [before, after] = [await scan(f.folder, quiet), await scan(target, quiet)];
  const plain = ({ type, path, size, executable, target }: (typeof after.entries)[number]) => ({
    type,
    path,
    size,
    executable,
    target,
  });
  assert.deepEqual(after.entries.map(plain), before.entries.map(plain));
  assert.equal((await take(target, f.store, quiet)).id, taken.id);
  assert.equal(statSync(join(target, 'train.py')).nlink, 1);
  appendFileSync(join(target, 'train.py'), 'changed by the run');
  const [entry] = (await loadManifest(f.store, taken.id)).entries.filter((each) => each.path === 'train.py');
  assert.ok(entry?.type === 'file');
  assert.equal(readFileSync(blobPath(f.store, entry.sha256), 'utf8'), 'print()');
  assert.deepEqual(readdirSync(dirname(target)), ['copy']);
});

test('ignored paths that exist are linked back, outputs and caches are not', async () => {
  f.write('.gitignore', 'data/\n*.ckpt\nresults/\n');
  f.write('train.py');
  f.write('data/train.csv', 'rows');
  f.write('deep/er/model.ckpt', 'weights');
  f.write('results/old');
  f.write('.env', 'TOKEN=1');
  f.write('__pycache__/x.pyc');
  f.write('.venv/pyvenv.cfg');
  f.write('.git/HEAD');
  const taken = await take(f.folder, f.store, quiet);
  const links = linksBack(taken.ignored, f.folder, { except: ['./results/'] });
  assert.deepEqual(
    links.map((link) => link.path),
    ['.env', '.venv', 'data', 'deep/er/model.ckpt'],
  );
  const made = await materialise(f.store, taken.id, target, { links });
  assert.equal(made.links, 4);
  assert.equal(readFileSync(join(target, 'data/train.csv'), 'utf8'), 'rows');
  assert.equal(readlinkSync(join(target, 'deep/er/model.ckpt')), join(f.folder, 'deep/er/model.ckpt'));
  assert.equal(existsSync(join(target, 'results')), false);
  for (const each of readdirSync(join(f.store.root, 'blobs'), { recursive: true, withFileTypes: true })) {
    if (each.isFile()) assert.doesNotMatch(readFileSync(join(each.parentPath, each.name), 'utf8'), /TOKEN/);
  }
});

test('removing the copy leaves what it links to', async () => {
  f.write('.gitignore', 'data/\n');
  f.write('data/x', 'precious');
  const taken = await take(f.folder, f.store, quiet);
  await materialise(f.store, taken.id, target, { links: linksBack(taken.ignored, f.folder) });
  rmSync(target, { recursive: true });
  assert.equal(readFileSync(join(f.folder, 'data/x'), 'utf8'), 'precious');
});

test('a relative link out of the folder is pointed at what it meant there', async () => {
  mkdirSync(join(f.root, 'shared'));
  writeFileSync(join(f.root, 'shared/d.csv'), 'shared');
  f.write('sub/a');
  symlinkSync('../../shared', join(f.folder, 'sub/data'));
  const { id } = await take(f.folder, f.store, quiet);
  await materialise(f.store, id, target, { folder: f.folder });
  assert.equal(readFileSync(join(target, 'sub/data/d.csv'), 'utf8'), 'shared');
});

test('a link back at a place that the snapshot fills is not made, nor below a file or link', async () => {
  f.write('data/a');
  f.write('file');
  symlinkSync(f.root, join(f.folder, 'away'));
  const { id } = await take(f.folder, f.store, quiet);
  const link = (path: string) => ({ path, source: f.root, type: 'dir' as const });
  const made = await materialise(f.store, id, target, {
    links: ['data', 'file/x', 'away/evil', 'ok', 'ok/inner'].map(link),
  });
  assert.deepEqual(made.linksSkipped, ['away/evil', 'data', 'file/x', 'ok/inner']);
  assert.deepEqual(readdirSync(f.root).sort(), ['folder', 'runs', 'store']);
  await assert.rejects(materialise(f.store, id, `${target}2`, { links: [link('../up')] }), { code: 'unsafe-path' });
});

test('a forged manifest writes nothing outside its target', async () => {
  f.write('a', 'evil');
  await take(f.folder, f.store, quiet);
  const digest = createHash('sha256').update('evil').digest('hex');
  const attacks: unknown[][] = [
    [['f', '../evil', 4, digest]],
    [['f', '/tmp-evil', 4, digest]],
    [['f', 'a/../../evil', 4, digest]],
    [['f', 'nul\0', 4, digest]],
    [
      ['l', 'd', f.root],
      ['f', 'd/evil', 4, digest],
    ],
    [
      ['f', 'd', 4, digest],
      ['f', 'd/e/evil', 4, digest],
    ],
    [
      ['f', 'same', 4, digest],
      ['f', 'same', 4, digest],
    ],
    [
      ['f', 'b', 4, digest],
      ['f', 'a', 4, digest],
    ],
    [['f', 'blob', 4, '../../../../etc/passwd']],
    [['f', 'size', -1, digest]],
    [['q', 'kind']],
    [['l', 'no target', '']],
  ];
  for (const lines of attacks) {
    await assert.rejects(
      materialise(f.store, forge(lines), target),
      (error: Error) => /unsafe-path|corrupt/.test(String(Object(error).code)),
      JSON.stringify(lines),
    );
  }
  assert.deepEqual(readdirSync(f.root).sort(), ['folder', 'runs', 'store']);
  assert.deepEqual(readdirSync(dirname(target)), []);
  for (const id of ['../x', '..', 'A'.repeat(64), ''])
    await assert.rejects(materialise(f.store, id, target), { code: 'not-found' });
});

test('a failure or an abort leaves nothing half-made, and a target that exists is never touched', async () => {
  for (let i = 0; i < 100; i += 1) f.write(`f${i}`, `content ${i}`);
  const { id } = await take(f.folder, f.store, quiet);
  const control = new AbortController();
  const options = {
    signal: control.signal,
    onProgress: ({ files }: { files: number }) => files === 20 && control.abort(),
  };
  await assert.rejects(
    materialise(f.store, id, target, { ...options, onProgress: (p) => void options.onProgress(p) }),
    { name: 'AbortError' },
  );
  assert.deepEqual(readdirSync(dirname(target)), []);
  rmSync(blobPath(f.store, createHash('sha256').update('content 77').digest('hex')));
  await assert.rejects(materialise(f.store, id, target), { code: 'corrupt', message: /f77 is missing/ });
  assert.deepEqual(readdirSync(dirname(target)), []);
  mkdirSync(target);
  writeFileSync(join(target, 'mine'), '');
  await assert.rejects(materialise(f.store, id, target), { code: 'target-exists' });
  assert.ok(lstatSync(join(target, 'mine')).isFile());
});

test('a manifest comes back as it went, whatever the names', () => {
  const name = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
  const entry: fc.Arbitrary<ManifestEntry> = fc.oneof(
    fc.record({
      type: fc.constant('file' as const),
      path: name,
      size: fc.nat(),
      sha256: fc.constant('0a'.repeat(32)),
      executable: fc.boolean(),
      torn: fc.boolean(),
    }),
    fc.record({ type: fc.constant('symlink' as const), path: name, target: name }),
    fc.record({ type: fc.constant('dir' as const), path: name }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: (each) => each.path }), (entries) => {
      const { text, id } = writeManifest(entries);
      const back = parseManifest(Buffer.from(text).toString()).entries;
      assert.deepEqual(
        new Set(back.map((each) => JSON.stringify(each, Object.keys(each).sort()))),
        new Set(entries.map((each) => JSON.stringify(each, Object.keys(each).sort()))),
      );
      assert.equal(writeManifest([...entries].reverse()).id, id);
    }),
  );
});

test('on Windows a link without the privilege becomes a junction or a hard link', () => {
  const plan = { at: 'a', target: 'b', absolute: 'C:\\b', isDirectory: true };
  assert.deepEqual(linkAttempts(plan, 'win32'), ['symlink', 'junction']);
  assert.deepEqual(linkAttempts({ ...plan, isDirectory: false }, 'win32'), ['symlink', 'hardlink', 'copy']);
  assert.deepEqual(linkAttempts(plan, 'linux'), ['symlink']);
});
