import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBlocks } from './blocks.ts';
import { LogBuffer } from './logBuffer.ts';

function blocksOf(text: string, most = 1000) {
  const buffer = new LogBuffer(most);
  buffer.append(new TextEncoder().encode(text), 0);
  return toBlocks(buffer.lines);
}
const shown = (text: string) => blocksOf(text).flatMap((block) => block.lines);

test('a line that repeats the one before is counted; blank ones stay', () => {
  assert.deepEqual(
    shown('a\na\na\n\n\nb\na\n').map(({ line, repeats }) => [line.text, repeats]),
    [
      ['a', 3],
      ['', 1],
      ['', 1],
      ['b', 1],
      ['a', 1],
    ],
  );
});

test('a traceback is marked from its first line to its error, and nothing after it', () => {
  const log = `epoch 1
Traceback (most recent call last):
  File "/x/train.py", line 9, in <module>
    main()
ValueError: no
going on, Error rate 0.1
torch.cuda.OutOfMemoryError: CUDA
KeyboardInterrupt
`;
  assert.deepEqual(
    shown(log).map(({ error }) => error),
    [false, true, true, true, true, false, true, true],
  );
});

test('blocks keep their keys while lines are added at the end and dropped at the start', () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`);
  const buffer = new LogBuffer(500);
  const keys: number[][] = [];
  for (const line of lines) {
    buffer.append(new TextEncoder().encode(line), buffer.end);
    keys.push(toBlocks(buffer.lines).map((block) => block.key));
  }
  assert.deepEqual(keys[450], [0, 1, 2]);
  assert.deepEqual(keys.at(-1), [2, 3, 4]);
});
