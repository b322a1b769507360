import assert from 'node:assert/strict';
import { createWriteStream, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../../../test/harness/home.ts';
import { ErrorParser, type FoundError, findErrors } from './findErrors.ts';
import { lastErrorLine, plainText } from './lastError.ts';
import { mapFrames } from './mapFrames.ts';
import { readLog } from './readLog.ts';
import { searchLog } from './searchLog.ts';

function errorsOf(text: string): FoundError[] {
  const parser = new ErrorParser();
  let offset = 0;
  for (const line of text.split('\n')) {
    parser.push(offset, line);
    offset += Buffer.byteLength(line) + 1;
  }
  parser.end();
  return parser.errors;
}

describe('errors in a log', () => {
  it('reads a Python traceback, innermost frame first', () => {
    const [error, ...more] = errorsOf(
      'epoch 1\nTraceback (most recent call last):\n  File "train.py", line 9, in <module>\n    main()\n    ^^^^^^\n  File "/x/lib.py", line 3, in main\n    raise ValueError("a\\nb")\nValueError: a\nb\n',
    );
    assert.deepEqual(more, []);
    assert.equal(error?.offset, 8);
    assert.equal(error?.message, 'ValueError: a');
    assert.deepEqual(error?.frames, [
      { file: '/x/lib.py', line: 3, function: 'main' },
      { file: 'train.py', line: 9, function: '<module>' },
    ]);
  });

  it('joins chained exceptions, and keeps separate ones apart', () => {
    const one = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x\nKeyError: 1\n';
    const two = 'Traceback (most recent call last):\n  File "b.py", line 2, in g\n    y\nRuntimeError: wrapped\n';
    const chained = errorsOf(`${one}\nDuring handling of the above exception, another exception occurred:\n\n${two}`);
    assert.equal(chained.length, 1);
    assert.equal(chained[0]?.message, 'RuntimeError: wrapped\n(KeyError: 1)');
    assert.deepEqual(
      chained[0]?.frames.map(({ file }) => file),
      ['b.py', 'a.py'],
    );
    assert.equal(errorsOf(`${one}done\n${two}`).length, 2);
  });

  it('reads what has no traceback: syntax errors, R, Julia, Node, shells, compilers', () => {
    const cases: [string, string, { file: string; line: number }[]][] = [
      [
        '  File "train.py", line 2\n    def (\n        ^\nSyntaxError: invalid syntax',
        'SyntaxError: invalid syntax',
        [{ file: 'train.py', line: 2 }],
      ],
      [
        'Error in fit(x) at train.R#12 : \n  object "y" not found\nCalls: fit\nExecution halted',
        'Error in fit(x) at train.R#12 : object "y" not found',
        [{ file: 'train.R', line: 12 }],
      ],
      [
        'ERROR: LoadError: boom\nStacktrace:\n [1] f(x::Int64)\n   @ Main /w/fit.jl:3\nin expression starting at /w/fit.jl:9',
        'LoadError: boom',
        [
          { file: '/w/fit.jl', line: 3 },
          { file: '/w/fit.jl', line: 9 },
        ],
      ],
      [
        '/w/a.js:3\n  throw new Error("x")\n\nError: x\n    at f (/w/a.js:3:9)',
        'Error: x',
        [
          { file: '/w/a.js', line: 3 },
          { file: '/w/a.js', line: 3 },
        ],
      ],
      ['run.sh: line 4: foo: command not found', 'foo: command not found', [{ file: 'run.sh', line: 4 }]],
      ['main.c:7:3: error: expected ;', 'expected ;', [{ file: 'main.c', line: 7 }]],
      [
        '[rank0]: Traceback (most recent call last):\n[rank0]:   File "t.py", line 1, in <module>\n[rank0]: RuntimeError: NCCL',
        'RuntimeError: NCCL',
        [{ file: 't.py', line: 1 }],
      ],
    ];
    for (const [text, message, frames] of cases) {
      const [error] = errorsOf(text);
      assert.equal(error?.message, message);
      assert.deepEqual(
        error?.frames.map(({ file, line }) => ({ file, line })),
        frames,
        text,
      );
    }
  });

  it('takes nothing for an error that is none', () => {
    assert.deepEqual(errorsOf('loss 0.3\nno errors found\nError rate: 0.1 %\nmean_error: 3\n'), []);
  });

  it('maps frames of the run’s copy to the person’s files', () => {
    const mapping = { executionRoot: '/runs/1/code', folder: '/home/me/train', workingDirectory: '/runs/1/code/sub' };
    const of = (file: string) => mapFrames([{ file, line: 1 }], mapping)[0];
    assert.deepEqual(of('/runs/1/code/a.py'), { file: '/home/me/train/a.py', line: 1, own: true });
    assert.equal(of('b.py')?.file, '/home/me/train/sub/b.py');
    assert.equal(of('/runs/1/code/.venv/lib/x.py')?.own, false);
    assert.equal(of('/usr/lib/python3/y.py')?.own, false);
    assert.equal(of('/runs/1/code2/a.py')?.own, false);
    assert.equal(of('<frozen runpy>')?.own, false);
  });
});

describe('the last error of a log', () => {
  it('is the exception’s line, R’s message or the wrapper’s words', () => {
    assert.equal(
      lastErrorLine(
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\ntorch.cuda.OutOfMemoryError: CUDA\nbye\n',
      ),
      'torch.cuda.OutOfMemoryError: CUDA',
    );
    assert.equal(lastErrorLine('Error in f() : \n  broken\nExecution halted\n'), 'Error in f() : broken');
    assert.equal(
      lastErrorLine('trainyard: Cannot start x: there is no such file.\n'),
      'Cannot start x: there is no such file.',
    );
    assert.equal(lastErrorLine('Epoch: 3\nDone: yes\n'), undefined);
  });

  it('sees what a terminal would show', () => {
    assert.equal(plainText('\u001b[31mred\u001b[0m\n10%\r50%\r100%\n'), 'red\n100%\n');
  });
});

describe('parts of a log', () => {
  it('are read from either end', async () => {
    await using folder = temporaryFolder('log');
    const file = path.join(folder.path, 'output.log');
    assert.deepEqual(await readLog(file), { bytes: Buffer.alloc(0), offset: 0, size: 0 });
    writeFileSync(file, '0123456789');
    assert.equal((await readLog(file, 3, 4)).bytes.toString(), '3456');
    assert.equal((await readLog(file, -4)).bytes.toString(), '6789');
    assert.equal((await readLog(file, -400)).offset, 0);
    assert.equal((await readLog(file, 99)).bytes.length, 0);
  });

  it('are searched with bounded memory, however large the log and long its lines', { timeout: 120_000 }, async () => {
    await using folder = temporaryFolder('log');
    const file = path.join(folder.path, 'output.log');
    const stream = createWriteStream(file);
    const noise = Buffer.from(`${'x'.repeat(99)}\n`.repeat(10_000));
    const put = (data: string | Buffer) => new Promise<void>((resolve) => stream.write(data, () => resolve()));
    await put('Needle one\n');
    for (let i = 0; i < 200; i++) await put(noise);
    await put('y'.repeat(20_000_000));
    await put('\nanother NEEDLE\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1\n');
    await new Promise((resolve) => stream.end(resolve));
    const before = process.memoryUsage.rss();
    const found = await searchLog(file, { text: 'needle' });
    assert.deepEqual(
      found.matches.map(({ line }) => line),
      ['Needle one', 'another NEEDLE'],
    );
    assert.equal((await searchLog(file, { text: 'NEEDLE' })).matches.length, 1);
    assert.deepEqual((await searchLog(file, { text: 'needle', limit: 1 })).next, found.matches[1]?.offset);
    const errors = await findErrors(file, 1_000_000_000);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['KeyError: 1'],
    );
    assert.ok(process.memoryUsage.rss() - before < 150 * 1024 * 1024);
  });
});
