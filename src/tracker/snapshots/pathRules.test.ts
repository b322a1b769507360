import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteString, decodeName, displayName, encodeName } from './pathBytes.ts';
import { linkInside, nameCollisions, pathProblem, windowsNameProblem } from './pathRules.ts';

test('names are bytes: any bytes come back as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      const name = decodeName(Buffer.from(bytes));
      assert.deepEqual([...encodeName(name)], [...bytes]);
      assert.deepEqual([...encodeName(JSON.parse(JSON.stringify(name)))], [...bytes]);
      assert.equal(byteString(name), Buffer.from(bytes).toString('latin1'));
    }),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(decodeName(Buffer.from(text)), text)));
  assert.equal(displayName(decodeName(Buffer.from([0x61, 0xff, 0x0a]))), 'a\\xff\\n');
});

test('no path of a manifest leaves its folder, on any system', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    for (const path of ['', '/', '/etc/passwd', '..', '../x', 'a/../b', 'a/..', './a', 'a//b', 'a/', 'a\0b', 'a/.']) {
      assert.notEqual(pathProblem(path, platform), undefined, `${platform} ${path}`);
    }
    for (const path of ['a', 'a/b.py', '...x', 'a..b', ' a', 'é', '🚂', '-rf'])
      assert.equal(pathProblem(path, platform), undefined);
  }
});

test('what is special on Windows only is refused on Windows only', () => {
  const paths = [
    'C:/x',
    'C:',
    'c:x',
    '..\\x',
    'a\\..\\..\\x',
    '\\\\server\\share',
    'file.txt:stream',
    'nul',
    'COM1.txt',
    'a/aux/b',
  ];
  for (const path of [...paths, 'end.', 'end ', 'a?', 'new\nline', 'LPT¹', 'CONIN$']) {
    assert.notEqual(pathProblem(path, 'win32'), undefined, path);
    assert.equal(pathProblem(path, 'linux'), undefined, path);
  }
  assert.match(windowsNameProblem('a:b') ?? '', /":"/);
  assert.equal(windowsNameProblem('console.log'), undefined);
});

test('a link is inside its folder or not, by its text alone', () => {
  assert.equal(linkInside('a/b/link', '../c', 'linux'), 'a/c');
  assert.equal(linkInside('link', '.', 'linux'), '');
  assert.equal(linkInside('a/link', '../../x', 'linux'), undefined);
  assert.equal(linkInside('a/link', '../x/../../y', 'linux'), undefined);
  assert.equal(linkInside('link', '/abs', 'darwin'), undefined);
  assert.equal(linkInside('a/link', '..\\..\\x', 'win32'), undefined);
  assert.equal(linkInside('a/link', 'D:\\x', 'win32'), undefined);
  assert.equal(linkInside('a/link', '\\\\?\\D:\\x', 'win32'), undefined);
  assert.equal(linkInside('a/link', '..\\x', 'linux'), 'a/..\\x');
});

test('names that a case-folding or Unicode-folding system takes for one are told once, where they differ', () => {
  const nfc = 'caf\u00e9';
  const nfd = 'cafe\u0301';
  assert.deepEqual(nameCollisions(['Data/a', 'Data/b', 'data/a', 'x/README', 'x/readme', nfc, nfd, 'plain']), [
    { kind: 'case', paths: ['Data', 'data'] },
    { kind: 'case', paths: ['x/README', 'x/readme'] },
    { kind: 'unicode', paths: [nfd, nfc] },
  ]);
  assert.deepEqual(nameCollisions(['a', 'a/b', 'a/c']), []);
});
