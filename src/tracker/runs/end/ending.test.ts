import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExitRecord } from '../../../shared/runDirectory.ts';
import { outputMatcher } from './outputPatterns.ts';
import { endingOf } from './runEnding.ts';

function exited(change: Partial<ExitRecord>) {
  const record: ExitRecord = {
    v: 1,
    reason: 'exited',
    status: 0,
    code: 0,
    signal: null,
    endedMs: 2,
    durationMs: 1,
    userMs: 1,
    systemMs: 1,
    peakKb: 1024,
    canceled: false,
    oomCgroup: 0,
    oomMachine: 0,
    ...change,
  };
  return { record };
}

describe('how a run ended', () => {
  const told = (facts: Parameters<typeof endingOf>[0]) => {
    const { state, end } = endingOf(facts);
    return [state, end.reason, end.exitCode, end.signal, end.message];
  };

  it('names the limit that it came to, and has then failed', () => {
    const exit = exited({ status: 143, code: null, signal: 'TERM', canceled: true, peakKb: 2 * 1024 ** 2 });
    const resources = { time: '2h', memory: '1 GB' };
    const message = (asked: 'time-limit' | 'memory-limit') => told({ exit, asked, resources }).toSpliced(2, 2);
    assert.deepEqual(message('time-limit'), ['failed', 'time-limit', 'time limit of 2h reached']);
    assert.deepEqual(message('memory-limit'), [
      'failed',
      'memory-limit',
      'memory limit of 1 GB reached · 2.0 GB in use',
    ]);
  });

  it('is the exit code, with the error', () => {
    assert.deepEqual(told({ exit: exited({}) }), ['finished', 'exit', 0, undefined, 'finished']);
    assert.deepEqual(told({ exit: exited({ status: 1, code: 1 }), lastError: 'ValueError: x' }), [
      'failed',
      'exit',
      1,
      undefined,
      'exit 1 · ValueError: x',
    ]);
  });

  it('is the signal, never an exit code', () => {
    const segv = exited({ reason: 'signaled', status: 139, code: null, signal: 'SEGV' });
    assert.deepEqual(told({ exit: segv }), ['failed', 'signal', undefined, 'SIGSEGV', 'SIGSEGV (segmentation fault)']);
  });

  it('is out of memory when the kernel says so, with the peak', () => {
    const kill = { reason: 'signaled', status: 137, code: null, signal: 'KILL' } as const;
    const found = endingOf({ exit: exited({ ...kill, oomCgroup: 1 }), peakMemory: 3 * 1024 ** 3 });
    assert.deepEqual([found.end.reason, found.end.peakMemory], ['out-of-memory', 3 * 1024 ** 3]);
    assert.match(found.end.message, /^out of memory .* 3\.0 GB$/);
    assert.equal(endingOf({ exit: exited(kill) }).end.reason, 'signal');
  });

  it('is cancelled when it was asked for before it ended, and not when it ended first', () => {
    const term = { reason: 'signaled', status: 143, code: null, signal: 'TERM', canceled: true } as const;
    assert.deepEqual(told({ exit: exited(term), asked: 'cancelled' }).slice(0, 2), ['cancelled', 'cancelled']);
    assert.deepEqual(told({ exit: exited(term), asked: 'superseded' }).slice(0, 2), ['cancelled', 'superseded']);
    assert.deepEqual(told({ exit: exited({}), asked: 'cancelled' }).slice(0, 2), ['finished', 'exit']);
    assert.deepEqual(told({ exit: undefined, asked: 'cancelled' }).slice(0, 2), ['cancelled', 'cancelled']);
  });

  it('is unknown when nobody knows, and the bare status when the disk was full', () => {
    assert.deepEqual(told({ exit: undefined }).slice(0, 4), ['unknown', 'lost', undefined, undefined]);
    assert.deepEqual(told({ exit: { status: 0 } }).slice(0, 3), ['finished', 'exit', 0]);
    assert.deepEqual(told({ exit: { status: 3 } }).slice(0, 3), ['failed', 'exit', 3]);
    assert.deepEqual(told({ exit: { status: 137 } }).slice(0, 4), ['failed', 'signal', undefined, 'SIGKILL']);
  });

  it('says when it never started', () => {
    const exit = exited({ reason: 'not-found', status: 127, code: 127 });
    assert.deepEqual(told({ exit, lastError: 'Cannot start x' }).slice(0, 2), ['failed', 'could-not-start']);
  });
});

describe('patterns of outputs', () => {
  it('name files as ignore files do', () => {
    const wanted = outputMatcher(['model.onnx', 'checkpoints', 'plots/**/*.png', '/top.txt', '!*.tmp', 'ünï*.bin']);
    const yes = ['model.onnx', 'deep/model.onnx', 'checkpoints/1/a.bin', 'plots/a/b/x.png', 'top.txt', 'ünïcode.bin'];
    const no = ['other.txt', 'deep/top.txt', 'checkpoints/x.tmp', 'plots/x.jpg'];
    assert.deepEqual(yes.filter(wanted), yes);
    assert.deepEqual(no.filter(wanted), []);
    assert.equal(outputMatcher(undefined)('anything'), true);
  });
});
