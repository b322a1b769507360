import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBuffer } from './logBuffer.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (buffer: LogBuffer) => buffer.lines.map((line) => line.text);

test('however a log is cut into reads, its lines are the same', () => {
  const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/\p{Cc}/gu, ''));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(40), { maxLength: 40 }), (lines, cuts) => {
      const all = bytes(lines.map((text) => `${text}\n`).join(''));
      const buffer = new LogBuffer(1000);
      let offset = 0;
      for (const size of [...cuts, all.length]) {
        buffer.append(all.subarray(offset, offset + size), offset);
        offset = Math.min(all.length, offset + size);
      }
      assert.deepEqual(
        texts(buffer),
        lines.map((text) => new TextDecoder().decode(bytes(text))),
      );
      assert.equal(buffer.end, all.length);
    }),
  );
});

test('bytes that are known already are not shown twice', () => {
  const buffer = new LogBuffer(10);
  buffer.append(bytes('one\ntwo\n'), 0);
  buffer.append(bytes('two\nthree\n'), 4);
  assert.deepEqual(texts(buffer), ['one', 'two', 'three']);
});

test('of a progress bar the last state remains, and cursor movement is not shown', () => {
  const buffer = new LogBuffer(10);
  buffer.append(bytes(' 10%|#   |\r 50%|##  |\r100%|####|\n\u001b[2K\u001b[31mred\u001b[0m\n'), 0);
  assert.deepEqual(texts(buffer), ['100%|####|', '\u001b[31mred\u001b[0m']);
});

test('an unfinished line is shown as such', () => {
  const buffer = new LogBuffer(10);
  buffer.append(bytes('done\nworking'), 0);
  assert.deepEqual(buffer.lines.at(-1), { offset: 5, number: 1, text: 'working', complete: false });
});

test('the window is bounded, at the end when appending and at the start when reading earlier lines', () => {
  const buffer = new LogBuffer(3);
  buffer.append(bytes('1\n2\n3\n4\n5\n'), 0);
  assert.deepEqual(texts(buffer), ['3', '4', '5']);
  assert.equal(buffer.start, 4);
  buffer.prepend(bytes('1\n2\n'), 0);
  assert.deepEqual(texts(buffer), ['1', '2', '3']);
  assert.equal(buffer.end, 6);
});

test('a place in the middle is shown from its first whole line on, and can be read on from where it ends', () => {
  const buffer = new LogBuffer(3);
  buffer.append(bytes('far\naway\n'), 90);
  buffer.show(bytes('f one\ntwo\nthree\nfour\nfive\nsi'), 10);
  assert.deepEqual(texts(buffer), ['two', 'three', 'four']);
  assert.deepEqual([buffer.start, buffer.end], [16, 31]);
  buffer.append(bytes('five\nsix\n'), 31);
  assert.deepEqual(texts(buffer), ['four', 'five', 'six']);
  buffer.show(bytes('no newline'), 50);
  assert.deepEqual([texts(buffer), buffer.end], [['no newline'], 60]);
});

test('a line without an end is shown in pieces', () => {
  const buffer = new LogBuffer(100);
  buffer.append(bytes('x'.repeat(20_000)), 0);
  assert.equal(buffer.lines.map((line) => line.text).join('').length, 20_000);
  assert.ok(buffer.lines.length > 1);
});
