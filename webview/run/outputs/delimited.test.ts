import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDelimited } from './delimited.ts';

test('quotes, doubled quotes, separators and newlines inside quotes', () => {
  const rows = parseDelimited('a,b\r\n"x,1","say ""hi"""\n"two\nlines",\n', ',');
  assert.deepEqual(rows, [
    ['a', 'b'],
    ['x,1', 'say "hi"'],
    ['two\nlines', ''],
  ]);
});

test('a last line without its newline is a row', () => {
  assert.deepEqual(parseDelimited('a\tb\n1\t2', '\t'), [
    ['a', 'b'],
    ['1', '2'],
  ]);
});
