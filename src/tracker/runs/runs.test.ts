import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../../test/harness/processes.ts';
import { eventsUntil, startTracker, type TestTracker } from '../../../test/harness/tracker.ts';
import type { TrackerEvent } from '../../shared/api/events.ts';
import { back, ended, logOf, submit, train, trainingFolder, until } from './testing.ts';

const TRAIN = `
import trainyard, sys
print("hello", sys.argv[1:])
trainyard.params(lr=0.1, layers=[1, 2])
trainyard.tags(kind="test")
for step in range(20):
    trainyard.log(step=step, loss=1 / (step + 1), acc=step / 20)
trainyard.log(step=20, loss=float("nan"))
with trainyard.child("fold 1") as child:
    child.log(step=0, loss=0.5)
trainyard.text("notes", "some text", step=3)
open("model.txt", "w").write("weights")
`;

describe('runs on this machine', () => {
  let tracker: TestTracker;
  before(async () => {
    tracker = await startTracker();
  });
  after(() => tracker[Symbol.asyncDispose]());
  const of = (run: string) => ({ params: { workspace: 'default', run } });

  it('keeps everything about a run', async () => {
    await using folder = trainingFolder({ 'train.py': TRAIN, 'data.csv': 'a,b\n', '.env': 'SECRET=1\n' });
    const { client } = tracker;
    const run = await train(client, {
      folder: folder.path,
      configuration: {
        script: 'train.py',
        args: ['--x', 'a b; rm -rf "$HOME"'],
        inputs: ['data.csv'],
        tags: { own: 'yes' },
      },
      variables: { ...process.env, MY_API_KEY: 'topsecret', OMP_NUM_THREADS: '2' } as Record<string, string>,
    });
    assert.equal(run.state, 'finished', run.end?.message);
    assert.deepEqual(run.tags, { kind: 'test', own: 'yes' });
    assert.equal(run.children, 1);
    assert.deepEqual([run.headline?.key, run.headline?.value, run.headline?.best], ['acc', 0.95, true]);
    const detail = await client.call('runs.get', of(run.id));
    assert.deepEqual(detail.params, { lr: '0.1', layers: '[1, 2]' });
    assert.equal(detail.end?.exitCode, 0);
    assert.match(detail.interpreter?.version ?? '', /^3\./);
    assert.ok(detail.packages.length > 0);
    assert.equal(detail.variables.OMP_NUM_THREADS, '2');
    assert.equal(detail.variables.MY_API_KEY, undefined);
    assert.equal(detail.inputs[0]?.hash?.length, 'sha256:'.length + 64);
    assert.equal(await logOf(client, run.id), `hello ['--x', 'a b; rm -rf "$HOME"']\n`);
    const loss = detail.metrics.find(({ key }) => key === 'loss');
    assert.deepEqual([loss?.count, loss?.last, loss?.min], [21, 'NaN', 0.05]);
    const { curves } = await client.call('runs.curves', {
      ...of(run.id),
      body: { keys: ['loss', 'none'], axis: 'step', buckets: 500 },
    });
    assert.equal(curves[0]?.y.at(-1), null);
    assert.equal(curves[0]?.points, 21);
    assert.deepEqual(curves[1], { key: 'none', x: [], y: [], points: 0, exact: true });
    const { entries } = await client.call('runs.outputs', { ...of(run.id), query: { recursive: true } });
    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'file').map(({ path: inner }) => inner.replace(/-[0-9a-f]{8}/, '')),
      ['model.txt', 'media/notes-3.txt'],
    );
    const { media } = await client.call('runs.media', of(run.id));
    assert.deepEqual([media[0]?.key, media[0]?.kind, media[0]?.step], ['notes', 'text', 3]);
    const { files } = await client.call('runs.snapshot', of(run.id));
    assert.deepEqual(
      files.map(({ path: inner }) => inner),
      ['data.csv', 'train.py'],
    );
    const children = await client.call('runs.list', { params: { workspace: 'default' }, query: { parent: run.id } });
    assert.deepEqual(
      children.runs.map(({ name, state }) => [name, state]),
      [['fold 1', 'finished']],
    );
    const directory = detail.runDirectory ?? '';
    assert.deepEqual(
      readdirSync(directory).filter((name) => /^(code|env|pending)/.test(name)),
      [],
      'nothing is left behind',
    );
    const found = await grepHome(tracker.home, 'topsecret');
    assert.deepEqual(found, []);
  });

  it('tells truly how a run ended', async () => {
    await using folder = trainingFolder({
      'fail.py': 'def f():\n    raise ValueError("shapes do not match")\nf()\n',
      'segv.py': 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n',
      'exit.sh': 'echo to stderr >&2\nexit 7\n',
    });
    const { client } = tracker;
    const run = (script: string) => train(client, { folder: folder.path, configuration: { script } });
    const [fail, segv, exit] = await Promise.all([run('fail.py'), run('segv.py'), run('exit.sh')]);
    assert.deepEqual(
      [fail.state, fail.end?.exitCode, fail.end?.message],
      ['failed', 1, 'exit 1 · ValueError: shapes do not match'],
    );
    assert.deepEqual([segv.state, segv.end?.signal, segv.end?.reason], ['failed', 'SIGSEGV', 'signal']);
    assert.equal(segv.end?.exitCode, undefined, 'a signal is never an exit code');
    assert.deepEqual([exit.state, exit.end?.exitCode, exit.end?.message], ['failed', 7, 'exit 7']);
    const { errors } = await client.call('runs.errors', of(fail.id));
    assert.equal(errors.length, 1);
    assert.deepEqual(errors[0]?.frames[0], {
      file: path.join(folder.path, 'fail.py'),
      line: 2,
      function: 'f',
      own: true,
    });
  });

  it('runs in a copy: edits and outputs of the folder do not meet', async () => {
    await using folder = trainingFolder({
      'train.py':
        'import time, helper\nprint("go")\ntime.sleep(0.6)\nprint(open("helper.py").read().strip())\nopen("helper.py", "a").write("# more")\nopen("new.bin","w").write("n")\nopen("data/through", "w").write("t")\n',
      'helper.py': 'VALUE = 1\n',
      'data/given': 'g',
      '.gitignore': 'data/\n',
    });
    const { client } = tracker;
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'train.py' } });
    while (!(await logOf(client, id)).includes('go')) await sleep(20);
    writeFileSync(path.join(folder.path, 'helper.py'), 'VALUE = 2\n');
    const run = await ended(client, id);
    assert.equal(run.state, 'finished', await logOf(client, id));
    assert.match(await logOf(client, id), /VALUE = 1/);
    assert.equal(existsSync(path.join(folder.path, 'new.bin')), false);
    assert.equal(readFileSync(path.join(folder.path, 'helper.py'), 'utf8'), 'VALUE = 2\n');
    const { entries } = await client.call('runs.outputs', { ...of(id), query: { recursive: true } });
    const files = entries.filter(({ kind }) => kind === 'file').map(({ path: inner }) => inner);
    assert.deepEqual(files.sort(), ['data/through', 'helper.py', 'new.bin']);
  });

  it('runs in place when asked, and collects only what the patterns name', async () => {
    await using folder = trainingFolder({
      'run.sh': 'mkdir -p ck\necho a > ck/a.bin\necho b > b.tmp\necho c > c.txt\npwd\n',
    });
    const { client } = tracker;
    const run = await train(client, {
      folder: folder.path,
      configuration: { script: 'run.sh', runIn: 'folder', outputs: ['ck/**', '*.txt'] },
    });
    assert.equal((await logOf(client, run.id)).trim(), folder.path);
    const { entries } = await client.call('runs.outputs', { ...of(run.id), query: { recursive: true } });
    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'file').map(({ path: inner }) => inner),
      ['c.txt', 'ck/a.bin'],
    );
    assert.ok(existsSync(path.join(folder.path, 'b.tmp')));
  });

  it('cancels the whole tree, daemons included, and says so only then', async () => {
    await using folder = trainingFolder({
      'train.py': [
        'import os, subprocess, sys, time, signal',
        'signal.signal(signal.SIGTERM, signal.SIG_IGN)',
        'daemon = subprocess.Popen([sys.executable, "-c", "import time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"], start_new_session=True)',
        'print(os.getpid(), daemon.pid, flush=True)',
        'time.sleep(600)',
      ].join('\n'),
    });
    const { client } = tracker;
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'train.py' } });
    let pids: number[] = [];
    while (pids.length < 2) {
      await sleep(30);
      pids = (await logOf(client, id)).trim().split(' ').filter(Boolean).map(Number);
    }
    const asked = await client.call('runs.cancel', { ...of(id), body: { graceMs: 200 } });
    assert.equal(asked.state, 'running');
    const run = await ended(client, id);
    assert.deepEqual([run.state, run.end?.reason], ['cancelled', 'cancelled']);
    assert.deepEqual(pids.map(isAlive), [false, false]);
  });

  it('cancels what has not started, and supersedes', async () => {
    await using folder = trainingFolder({ 'train.py': 'import time\ntime.sleep(60)\n' });
    const { client } = tracker;
    const body = { folder: folder.path, configuration: { script: 'train.py' }, supersedes: 'on-save' };
    const first = await submit(client, body);
    await client.call('runs.cancel', { ...of(first.id), body: { graceMs: 0 } });
    const second = await submit(client, body);
    await until(client, second.id, ({ state }) => state === 'running');
    const third = await submit(client, body);
    const [a, b] = [await ended(client, first.id), await ended(client, second.id)];
    assert.deepEqual([a.state, b.state, b.end?.reason], ['cancelled', 'cancelled', 'superseded']);
    await client.call('runs.cancel', { ...of(third.id), body: { graceMs: 0 } });
    assert.equal((await ended(client, third.id)).state, 'cancelled');
  });

  it('is announced again when its first metric gives it a headline', async () => {
    await using folder = trainingFolder({
      'train.py': 'import time, trainyard\ntime.sleep(2)\ntrainyard.log(acc=0.5)\ntime.sleep(600)\n',
    });
    const { client } = tracker;
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'train.py' } });
    const isIt = (event: TrackerEvent) =>
      event.type === 'run' && event.run.id === id && event.run.headline?.key === 'acc';
    const seen = await eventsUntil(client, isIt);
    assert.ok(seen.some(({ type }) => type === 'metrics'));
    await client.call('runs.cancel', { ...of(id), body: { graceMs: 0 } });
    await ended(client, id);
  });

  it('is ended at its time limit, grandchildren included, over a restart of the tracker', async () => {
    await using folder = trainingFolder({
      'train.py': 'import subprocess\np = subprocess.Popen(["sleep", "600"])\nprint(p.pid, flush=True)\np.wait()\n',
    });
    const { client } = tracker;
    const resources = { time: '3s' };
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'train.py', resources } });
    const pid = async () => Number((await logOf(client, id)).trim());
    while (!(await pid())) await sleep(30);
    await tracker.kill();
    await back(tracker);
    const run = await ended(client, id);
    assert.deepEqual(
      [run.state, run.end?.reason, run.end?.message],
      ['failed', 'time-limit', 'time limit of 3s reached'],
    );
    assert.ok((run.endedAt ?? 0) - (run.startedAt ?? 0) >= 3000);
    assert.equal(isAlive(await pid()), false);
  });

  it('is ended when it uses more memory than it may, and told how many threads to start', async () => {
    await using folder = trainingFolder({
      'train.py':
        'import os, time\nprint(os.environ["OMP_NUM_THREADS"], flush=True)\nx = b"x" * 200_000_000\ntime.sleep(600)\n',
    });
    const { client } = tracker;
    const resources = { memory: '100 MB', cpus: 3 };
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'train.py', resources } });
    const run = await ended(client, id);
    assert.deepEqual([run.state, run.end?.reason], ['failed', 'memory-limit']);
    assert.match(run.end?.message ?? '', /^memory limit of 100 MB reached · \d+ MB in use$/);
    assert.equal(await logOf(client, id), '3\n');
  });

  it('starts one run for one request, retries from snapshot and folder', async () => {
    await using folder = trainingFolder({ 'a.sh': 'echo one\n' });
    const { client } = tracker;
    const body = { folder: folder.path, configuration: { script: 'a.sh' }, requestId: 'r-1' };
    const [one, two] = [await submit(client, body), await submit(client, body)];
    assert.equal(one.id, two.id);
    await ended(client, one.id);
    writeFileSync(path.join(folder.path, 'a.sh'), 'echo two\n');
    const old = await client.call('runs.retry', { ...of(one.id), body: { from: 'snapshot' } });
    const now = await client.call('runs.retry', { ...of(one.id), body: { from: 'folder', requestId: 'once' } });
    // A client whose connection broke asks again.
    const repeated = await client.call('runs.retry', { ...of(one.id), body: { from: 'folder', requestId: 'once' } });
    assert.equal(repeated.id, now.id);
    assert.deepEqual([old.attempt, old.tags['trainyard.retryOf']], [2, one.id]);
    await Promise.all([ended(client, old.id), ended(client, now.id)]);
    assert.deepEqual([await logOf(client, old.id), await logOf(client, now.id)], ['one\n', 'two\n']);
  });

  it('finishes runs that ended, and goes on with those that live, after the tracker was killed', async () => {
    await using folder = trainingFolder({
      'short.py':
        'import time, trainyard\nfor i in range(10):\n  trainyard.log(step=i, x=i)\n  print(i)\n  time.sleep(0.05)\nraise SystemExit(3)\n',
      'long.py':
        'import time, trainyard\nfor i in range(60):\n  trainyard.log(step=i, x=i)\n  print(i)\n  time.sleep(0.05)\n',
    });
    await using own = await startTracker();
    const { client } = own;
    const short = await submit(client, { folder: folder.path, configuration: { script: 'short.py' } });
    const long = await submit(client, { folder: folder.path, configuration: { script: 'long.py' } });
    for (const { id } of [short, long]) while (!(await logOf(client, id)).includes('2\n')) await sleep(20);
    await own.kill();
    await sleep(900);
    await back(own);
    const [a, b] = [await ended(client, short.id), await ended(client, long.id)];
    assert.deepEqual([a.state, a.end?.exitCode, b.state], ['failed', 3, 'finished']);
    for (const [id, count] of [
      [short.id, 10],
      [long.id, 60],
    ] as const) {
      const { points } = await client.call('runs.metricHistory', { ...of(id), query: { key: 'x' } });
      assert.deepEqual(
        points.map(({ step }) => step),
        Array.from({ length: count }, (_, i) => i),
      );
      assert.equal((await logOf(client, id)).trim().split('\n').length, count);
    }
  });

  it('says unknown when nobody saw the end', async () => {
    await using folder = trainingFolder({
      'train.py': 'import os, signal, time\nprint("up", flush=True)\ntime.sleep(60)\n',
    });
    const { client } = tracker;
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'train.py' } });
    while (!(await logOf(client, id)).includes('up')) await sleep(20);
    const directory = (await client.call('runs.get', of(id))).runDirectory ?? '';
    for (const name of ['wrapper.json', 'child.json']) {
      process.kill(JSON.parse(readFileSync(path.join(directory, name), 'utf8')).pid, 'SIGKILL');
    }
    const run = await ended(client, id);
    assert.deepEqual([run.state, run.end?.reason], ['unknown', 'lost']);
  });

  it('deletes with undo, renames, stars, moves between experiments, lists', async () => {
    await using folder = trainingFolder({ 'a.sh': 'true\n' });
    const { client } = tracker;
    const run = await train(client, {
      folder: folder.path,
      configuration: { script: 'a.sh', experiment: 'one', name: 'first' },
    });
    assert.equal(run.name, 'first');
    const changed = await client.call('runs.update', {
      ...of(run.id),
      body: { name: 'renamed', star: true, note: 'n', tags: { a: 'b' }, experiment: 'two' },
    });
    assert.deepEqual(
      [changed.name, changed.star, changed.note, changed.experiment.name],
      ['renamed', true, 'n', 'two'],
    );
    const list = (query: object) => client.call('runs.list', { params: { workspace: 'default' }, query });
    assert.equal((await list({ text: 'renam', star: true })).total, 1);
    assert.equal((await list({ text: '%' })).total, 0);
    await client.call('runs.delete', of(run.id));
    assert.equal((await list({ text: 'renam' })).total, 0);
    assert.equal((await list({ text: 'renam', deleted: true })).total, 1);
    await assert.rejects(client.call('runs.update', { params: { workspace: 'default', run: 'no-such' }, body: {} }), {
      code: 'not-found',
    });
    const restored = await client.call('runs.restore', of(run.id));
    assert.equal(restored.deletedAt, undefined);
    const page = await list({ limit: 2 });
    const next = await list({ limit: 2, cursor: page.cursor });
    assert.equal(page.runs.length, 2);
    assert.equal(
      next.runs.some(({ id }) => page.runs.some((other) => other.id === id)),
      false,
    );
    const { entries } = await client.call('audit.list', { params: { workspace: 'default' } });
    const actions = entries.filter(({ subject }) => subject === run.id).map(({ action }) => action);
    assert.deepEqual(actions, ['restore', 'delete', 'update', 'end', 'submit']);
  });

  it('moves the runs of a folder to another workspace', async () => {
    await using folder = trainingFolder({ 'train.py': TRAIN });
    const { client } = tracker;
    const run = await train(client, { folder: folder.path, configuration: { script: 'train.py' } });
    const target = await client.call('workspaces.create', { body: { name: 'Other' } });
    const moved = await client.call('workspaces.moveRuns', {
      params: { workspace: 'default' },
      body: { to: target.id, folder: folder.path },
    });
    assert.deepEqual(moved, { moved: 2, refused: [] });
    const there = { params: { workspace: target.id, run: run.id } };
    const detail = await client.call('runs.get', there);
    assert.equal(detail.metrics.find(({ key }) => key === 'loss')?.count, 21);
    assert.equal(detail.children, 1);
    assert.match(await logOf(client, run.id, target.id), /^hello/);
    assert.equal((await client.bytes('runs.snapshotFile', { ...there, query: { path: 'train.py' } })).status, 200);
    await assert.rejects(client.call('runs.get', of(run.id)), { code: 'not-found' });
  });
});

async function grepHome(home: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of readdirSync(home, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    if (readFileSync(file).includes(text)) found.push(file);
  }
  return found;
}
