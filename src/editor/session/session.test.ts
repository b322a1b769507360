import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackerClient } from '../../client/trackerClient.ts';
import type { TrackerEvent } from '../../shared/api/events.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { Coalescer } from './coalesce.ts';
import { Emitter, Owner } from './event.ts';
import { Resource } from './resource.ts';
import { RunCollection, type RunPage } from './runCollection.ts';
import { TrackerSession } from './trackerSession.ts';

const run = (id: string, more: Partial<RunSummary> = {}): RunSummary => ({
  ...{ id, workspace: 'main', name: id, experiment: { id: 'e', name: 'e' }, children: 0, attempt: 1, state: 'running' },
  ...{ createdAt: Number(id.slice(1)), target: 'local', star: false, tags: {} },
  ...more,
});

test('an owner disposes what comes too late', () => {
  const owner = new Owner();
  const gone: string[] = [];
  owner.own({ dispose: () => gone.push('a') });
  owner.dispose();
  owner.own({ dispose: () => gone.push('b') });
  assert.deepEqual(gone, ['a', 'b']);
});

test('one failing listener does not keep the news from the others', () => {
  const emitter = new Emitter<number>();
  const heard: number[] = [];
  emitter.event(() => {
    throw new Error('no');
  });
  emitter.event((value) => heard.push(value));
  assert.throws(() => emitter.fire(1), /no/);
  assert.deepEqual(heard, [1]);
});

test('keys are handed on together, and not while paused', async () => {
  const flushed: string[][] = [];
  const coalescer = new Coalescer<string>(20, (keys) => flushed.push(keys));
  coalescer.add('a', 'b');
  coalescer.add('a');
  await sleep(30);
  coalescer.paused = true;
  coalescer.add('c');
  await sleep(40);
  assert.deepEqual(flushed, [['a', 'b']]);
  coalescer.paused = false;
  await sleep(40);
  assert.deepEqual(flushed, [['a', 'b'], ['c']]);
  coalescer.dispose();
});

test('a resource keeps its old value until the new one is there, and reads once for many askers', async () => {
  let reads = 0;
  const resource = new Resource(async () => ++reads);
  assert.deepEqual(await Promise.all([resource.get(), resource.get()]), [1, 1]);
  resource.invalidate();
  assert.equal(resource.value, 1);
  assert.equal(await resource.get(), 2);
  const failing = new Resource<number>(async () => {
    throw new Problem('unreachable', 'gone');
  });
  await assert.rejects(failing.get(), /gone/);
});

test('an old run that is met by another way does not come to the front of a list that has not been read so far', async () => {
  const runs = new RunCollection(async () => ({ runs: [run('r9'), run('r8')], total: 40, cursor: 'next' }));
  const shown = async () => (await runs.list('none')).runs.map(({ id }) => id);
  await shown();
  runs.put(run('r3'));
  assert.deepEqual(await shown(), ['r9', 'r8']);
  assert.equal((await runs.list('none')).total, 40);
  assert.equal(runs.get('r3')?.id, 'r3');
});

test('a run stands where its time puts it, and leaves a filtered list that it no longer fits', async () => {
  const runs = new RunCollection(async () => ({ runs: [run('r9'), run('r7')], total: 2 }));
  const shown = async () => (await runs.list('none')).runs.map(({ id }) => id);
  runs.filter = { experiment: 'e' };
  await shown();
  runs.put(run('r8'));
  assert.deepEqual(await shown(), ['r9', 'r8', 'r7']);
  runs.put(run('r9', { experiment: { id: 'other', name: 'other' } }));
  assert.deepEqual(await shown(), ['r8', 'r7']);
  assert.equal((await runs.list('none')).total, 2);
});

test('a new run goes to the front of its list, another page to its end', async () => {
  const pages: RunPage[] = [
    { runs: [run('r9'), run('r8')], total: 3, cursor: 'next' },
    { runs: [run('r7')], total: 3 },
  ];
  const runs = new RunCollection(
    async (_, __, cursor) => pages[cursor === undefined ? 0 : 1] ?? { runs: [], total: 0 },
  );
  const names = async () => (await runs.list('none')).runs.map(({ id }) => id);
  assert.deepEqual(await names(), ['r9', 'r8']);
  runs.put(run('r10'));
  assert.deepEqual(await names(), ['r10', 'r9', 'r8']);
  assert.equal((await runs.list('none')).more, true);
  await runs.more('none');
  assert.deepEqual(await names(), ['r10', 'r9', 'r8', 'r7']);
  runs.remove('r9');
  assert.deepEqual(await names(), ['r10', 'r8', 'r7']);
});

test('the runs of an experiment are a list of their own, page by page, which its new runs join', async () => {
  const asked: unknown[] = [];
  const runs = new RunCollection(async (query, _, cursor) => {
    asked.push(query);
    return cursor === undefined ? { runs: [run('r9')], total: 2, cursor: 'next' } : { runs: [run('r7')], total: 2 };
  });
  const key = 'experiment:e';
  assert.equal((await runs.list(key)).more, true);
  assert.deepEqual(asked, [{ experiment: 'e', parent: 'none' }]);
  const changes: unknown[] = [];
  runs.onChange((change) => changes.push(change));
  await runs.more(key);
  runs.put(run('r10'));
  runs.put(run('r11', { experiment: { id: 'other', name: 'other' } }));
  runs.put(run('r12', { parent: 'r10' }));
  const { runs: shown, more } = await runs.list(key);
  assert.deepEqual([shown.map(({ id }) => id), more], [['r10', 'r9', 'r7'], false]);
  assert.equal(changes.filter((change) => (change as { parent?: string }).parent === key).length, 2);
});

test('how far a run is moves with the steps it logs', async () => {
  const progress = { name: 'epoch', done: 1, total: 20 } as const;
  const runs = new RunCollection(async () => ({ runs: [run('r1', { progress })], total: 1 }));
  await runs.list('none');
  runs.putMetrics('r1', [{ key: 'loss', count: 7, last: 0.5, lastStep: 6, lastTime: 0 }]);
  assert.deepEqual(runs.get('r1')?.progress, { name: 'epoch', done: 7, total: 20 });
});

test('the headline moves with its metric', async () => {
  const headline = { key: 'acc', value: 0.1, direction: 'max', best: false } as const;
  const runs = new RunCollection(async () => ({ runs: [run('r1', { headline })], total: 1 }));
  await runs.list('none');
  const changes: unknown[] = [];
  runs.onChange((change) => changes.push(change));
  runs.putMetrics('r1', [{ key: 'acc', count: 2, last: 0.5, lastStep: 1, lastTime: 0 }]);
  assert.equal(runs.get('r1')?.headline?.value, 0.5);
  runs.putMetrics('r1', [{ key: 'loss', count: 2, last: 0.5, lastStep: 1, lastTime: 0 }]);
  assert.deepEqual(changes, [{ kind: 'run', id: 'r1' }]);
});

/** A tracker whose connection the test ends when it likes. */
class FakeTracker {
  calls: string[] = [];
  connects = 0;
  dead = false;
  end: () => void = () => undefined;

  async connect(): Promise<TrackerClient> {
    this.connects++;
    const events = async (listener: (event: TrackerEvent) => void, signal: AbortSignal) => {
      listener({ type: 'hello', version: '1', startedAt: 0 });
      await new Promise<void>((resolve) => {
        this.end = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    };
    const call = async (name: string) => {
      this.calls.push(name);
      if (!this.dead) return { ok: true };
      this.dead = false;
      throw new Problem('unreachable', 'The tracker does not answer.');
    };
    return { events, call } as unknown as TrackerClient;
  }
}

test('a session connects when needed, says hello again after a break, and tries an unanswered call once more', async () => {
  const tracker = new FakeTracker();
  const session = new TrackerSession(() => tracker.connect());
  const states: string[] = [];
  const hellos: string[] = [];
  session.onState(({ kind }) => states.push(kind));
  session.onEvent(({ type }) => hellos.push(type));
  assert.equal(tracker.connects, 0);
  const connected = () =>
    new Promise<void>((resolve) => {
      const once = session.onState(({ kind }) => {
        if (kind !== 'connected') return;
        once.dispose();
        resolve();
      });
    });
  const first = connected();
  await session.call('tracker.info', {});
  await first;
  assert.deepEqual(states, ['connecting', 'connected']);
  const second = connected();
  tracker.end();
  await second;
  // The states are told before the event that caused them.
  await sleep(1);
  assert.deepEqual(states, ['connecting', 'connected', 'broken', 'connecting', 'connected']);
  assert.deepEqual(hellos, ['hello', 'hello']);
  tracker.dead = true;
  await session.call('tracker.info', {});
  assert.equal(tracker.calls.length, 3);
  session.dispose();
});
