import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { addIgnore, ignoreLine, undoIgnore } from './addIgnore.ts';
import { type Fixture, makeFixture, quiet } from './fixture.ts';
import { parseRules } from './ignore/rules.ts';
import { hashInputs } from './inputs.ts';
import { byteString } from './pathBytes.ts';
import { preview } from './preview.ts';
import { scan } from './scan.ts';

let f: Fixture;
beforeEach(async () => {
  f = await makeFixture();
});
afterEach(() => f.remove());
const kept = async () => (await scan(f.folder, quiet)).entries.map((entry) => entry.path);
/** A file of a size without its content. */
function sparse(path: string, bytes: number): void {
  f.write(path, '');
  truncateSync(join(f.folder, path), bytes);
}
const MB = 1024 * 1024;

test('a preview tells sizes, what is biggest, what to leave out, and warns in sentences', async () => {
  f.write('src/train.py', 'code');
  sparse('data/raw/a.bin', 40 * MB);
  sparse('data/raw/b.bin', 30 * MB);
  sparse('src/weights.bin', 20 * MB);
  sparse('huge.bin', 10 * 1024 * MB);
  f.write('.env', 'x');
  f.write('Readme', 'x');
  f.write('readme', 'x');
  f.write('new\nline', 'x');
  symlinkSync('/etc', join(f.folder, 'etc'));
  const seen = await preview(f.folder, { ...quiet, storeRoot: f.store.root });
  assert.deepEqual(
    seen.biggestFiles.slice(0, 3).map((each) => each.path),
    ['huge.bin', 'data/raw/a.bin', 'data/raw/b.bin'],
  );
  assert.deepEqual(
    seen.biggestFolders.map(({ path, bytes }) => [path, bytes]),
    [
      ['data', 70 * MB],
      ['data/raw', 70 * MB],
      ['src', 20 * MB + 4],
    ],
  );
  assert.deepEqual(
    seen.suggestions.map(({ path, type }) => [path, type]),
    [
      ['huge.bin', 'file'],
      ['data', 'dir'],
      ['src/weights.bin', 'file'],
    ],
  );
  assert.deepEqual(seen.secrets, ['.env']);
  assert.deepEqual(seen.collisions, [{ kind: 'case', paths: ['Readme', 'readme'] }]);
  assert.deepEqual(seen.oddNames, ['new\nline']);
  assert.equal(seen.isLarge, true);
  const texts = Object.fromEntries(seen.warnings.map((warning) => [warning.kind, warning.text]));
  assert.match(texts['large-file'] ?? '', /1 file of more than 1.0 GB/);
  assert.match(texts.large ?? '', /would hold 10.1 GB. data alone holds 70.0 MB/);
  assert.match(texts.secrets ?? '', /1 item may hold secrets/);
  assert.match(texts.links ?? '', /1 link out of the folder/);
});

test('one click leaves a path out, and undo takes it back to the byte', async () => {
  f.write('train.py');
  f.write('data/a');
  const added = await addIgnore(f.folder, 'data', quiet);
  assert.deepEqual(added, { line: '/data/', created: true, already: false, effective: true });
  assert.deepEqual(await kept(), ['.trainyardignore', 'train.py']);
  assert.equal((await addIgnore(f.folder, 'data', quiet)).already, true);
  assert.equal(await undoIgnore(f.folder, added), true);
  assert.equal(existsSync(join(f.folder, '.trainyardignore')), false);
  assert.equal(await undoIgnore(f.folder, added), false);
  const before = '# mine\r\n*.log\r\n';
  f.write('.trainyardignore', before);
  const second = await addIgnore(f.folder, 'data', quiet);
  assert.equal(readFileSync(join(f.folder, '.trainyardignore'), 'utf8'), `${before}/data/\r\n`);
  await undoIgnore(f.folder, second);
  assert.equal(readFileSync(join(f.folder, '.trainyardignore'), 'utf8'), before);
});

test('a line that a deeper file overrules says so; paths out of the folder and links are refused', async () => {
  f.write('sub/a.bin');
  f.write('sub/.gitignore', '!a.bin');
  assert.equal((await addIgnore(f.folder, 'sub/a.bin', quiet)).effective, false);
  await assert.rejects(addIgnore(f.folder, '../x', quiet), { code: 'unsafe-path' });
  await assert.rejects(addIgnore(f.folder, 'none', quiet), { code: 'not-found' });
  rmSync(join(f.folder, '.trainyardignore'));
  symlinkSync('/etc/hostname', join(f.folder, '.trainyardignore'));
  await assert.rejects(addIgnore(f.folder, 'sub', quiet), { code: 'ignore-file', message: /symbolic link/ });
});

test('the line for a path matches that path, whatever its name, and no other of the same letters', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', '*', '?', '[', ']', '\\', '!', '#', ' ', '\n', '\r', 'é', '-', '\t', '\udcff'),
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(name, name, fc.boolean(), (path, other, isDirectory) => {
      const line = ignoreLine(path, isDirectory);
      const [rule] = parseRules(byteString(`${line}\n`), { source: '', base: '', fold: false }).rules;
      const hit = (text: string) => rule?.matches(byteString(text), byteString(text));
      assert.equal(hit(path), true, line);
      const same = (text: string) => text.replace(/[\n\r\t]/g, '\n');
      if (same(other) !== same(path)) assert.equal(hit(other), false);
      assert.equal(hit(`sub/${path}`), false);
    }),
    { numRuns: 2000 },
  );
});

test('an odd name is left out by its line in a real folder', async () => {
  for (const name of ['[a]*? ', 'new\nline', '#x', '!x', 'back\\slash']) {
    f.write(name);
    assert.equal((await addIgnore(f.folder, name, quiet)).effective, true, name);
  }
  assert.deepEqual(await kept(), ['.trainyardignore']);
});

test('inputs are hashed by content and name, in any place; every change shows, unchanged files are not read', async () => {
  f.write('data/a.csv', '1');
  f.write('data/.git/x', '2');
  f.write('data/.env', '3');
  f.write('copy/a.csv', '1');
  f.write('copy/.git/x', '2');
  f.write('copy/.env', '3');
  symlinkSync('data', join(f.folder, 'link'));
  const options = { store: f.store, folder: f.folder };
  await sleep(150);
  const [data, copy, link, file] = await hashInputs(['data', './copy/', 'link', 'data/a.csv'], options);
  assert.deepEqual([data?.type, data?.files, data?.bytes], ['dir', 3, 3]);
  assert.equal(copy?.sha256, data?.sha256);
  assert.deepEqual([link?.sha256, link?.path, link?.realPath], [data?.sha256, 'link', data?.realPath]);
  assert.deepEqual(
    [file?.type, file?.sha256],
    ['file', '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b'],
  );
  const again = async () => (await hashInputs(['data'], options))[0]?.sha256;
  assert.equal(await again(), data?.sha256);
  writeFileSync(join(f.folder, 'data/a.csv'), '9');
  assert.notEqual(await again(), data?.sha256);
});

test('an input that is missing is named, and hashing can be cancelled', async () => {
  f.write('data/a');
  const options = { store: f.store, folder: f.folder };
  await assert.rejects(hashInputs(['data', 'dta'], options), { code: 'not-found', message: /"dta" does not exist/ });
  await assert.rejects(hashInputs(['data'], { ...options, signal: AbortSignal.abort() }), { name: 'AbortError' });
});
