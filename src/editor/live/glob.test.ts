import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesAny } from './glob.ts';

test('patterns of watched files', () => {
  const cases: [pattern: string, file: string, fits: boolean][] = [
    ['train.py', 'train.py', true],
    ['train.py', 'src/train.py', true],
    ['./train.py', 'train.py', true],
    ['src/train.py', 'train.py', false],
    ['*.py', 'deep/er/a.py', true],
    ['**/*.py', 'a.py', true],
    ['**/*.py', 'a/b/c.py', true],
    ['src/*.py', 'src/a/b.py', false],
    ['src/**', 'src/a/b.txt', true],
    ['conf/*.{yaml,yml}', 'conf/a.yml', true],
    ['conf/*.{yaml,yml}', 'conf/a.json', false],
    ['file[0-9].txt', 'file7.txt', true],
    ['file[!0-9].txt', 'file7.txt', false],
    ['a?.py', 'ab.py', true],
    ['a.b', 'axb', false],
    ['(x)+.py', '(x)+.py', true],
    ['broken{.py', 'broken{.py', true],
    ['[z-a].py', '[z-a].py', true],
    ['[z-a].py', 'b.py', false],
  ];
  for (const [pattern, file, fits] of cases) assert.equal(matchesAny(file, [pattern]), fits, `${pattern} ${file}`);
});

test('a later pattern with ! takes away again', () => {
  assert.equal(matchesAny('gen/a.py', ['**/*.py', '!gen/**']), false);
  assert.equal(matchesAny('src/a.py', ['**/*.py', '!gen/**']), true);
  assert.equal(matchesAny('a.py', []), false);
});
