import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatTrackerPid, parseTrackerPid, shellQuote } from './homeFiles.ts';
import {
  type ExitRecord,
  formatShellExports,
  parseExitFileName,
  parseExitRecord,
  parseProcessRecord,
  parseRunSpec,
  wasOutOfMemory,
} from './runDirectory.ts';

const exit: ExitRecord = {
  v: 1,
  reason: 'signaled',
  status: 137,
  code: null,
  signal: 'KILL',
  endedMs: 1_700_000_000_000,
  durationMs: 12,
  userMs: 1,
  systemMs: null,
  peakKb: 100,
  canceled: false,
  oomCgroup: null,
  oomMachine: 1,
};

test('records read back, and whatever is cut, garbled or newer is a problem with words', () => {
  const text = JSON.stringify(exit);
  assert.deepEqual(parseExitRecord(text), { value: exit });
  for (let cut = 0; cut < text.length; cut++) {
    const parsed = parseExitRecord(text.slice(0, cut));
    assert.ok('problem' in parsed && parsed.problem === 'torn');
  }
  assert.match(JSON.stringify(parseExitRecord(JSON.stringify({ ...exit, v: 2 }))), /newer.*version 2/);
  const wrong = parseExitRecord(JSON.stringify({ ...exit, signal: '; rm -rf' }));
  assert.ok('problem' in wrong && wrong.problem === 'invalid' && wrong.message.includes('/signal'));
});

test('no text makes a parser throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.ok('problem' in parseExitRecord(text));
      assert.ok('problem' in parseRunSpec(text));
      assert.ok('problem' in parseProcessRecord(text, 'child.json'));
      parseTrackerPid(text);
      parseExitFileName(text);
    }),
  );
});

test('out of memory needs a KILL that nobody asked for and a counter that grew', () => {
  assert.equal(wasOutOfMemory(exit), true);
  assert.equal(wasOutOfMemory({ ...exit, canceled: true }), false);
  assert.equal(wasOutOfMemory({ ...exit, oomMachine: 0 }), false);
  assert.equal(wasOutOfMemory({ ...exit, signal: 'TERM' }), false);
});

test('tracker.pid goes there and back, with and without a boot id', () => {
  const linux = { pid: 12, start: '345', boot: '1e4d41ad-f148-451a-b5c2-46b6435f70b2' };
  const mac = { pid: 12, start: 'Fri Nov 20 20:46:05 2026', boot: '' };
  assert.deepEqual(parseTrackerPid(formatTrackerPid(linux)), linux);
  assert.deepEqual(parseTrackerPid(formatTrackerPid(mac)), mac);
  assert.equal(parseTrackerPid('0 1'), undefined);
  assert.equal(parseExitFileName('exit.139'), 139);
  assert.equal(parseExitFileName('exit.json'), undefined);
});

test('any word survives a shell', { skip: process.platform === 'win32' }, () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(word, (text) => {
      const run = `${formatShellExports({ WORD: text })}printf %s "$WORD" ${shellQuote(text)}`;
      assert.equal(execFileSync('sh', ['-c', run], { encoding: 'utf8' }), text + text);
    }),
    { numRuns: 50 },
  );
  assert.equal(formatShellExports({ 'ProgramFiles(x86)': 'x', UID: '1', 'A;B': 'x', OK: '' }), "export OK=''\n");
});
