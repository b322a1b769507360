import assert from 'node:assert/strict';
import { chmodSync, readdirSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startTracker, type TestTracker } from '../../../test/harness/tracker.ts';
import type { Problem } from '../../shared/api/error.ts';
import { logOf, submit, train, trainingFolder } from './testing.ts';

describe('bad input', () => {
  let tracker: TestTracker;
  before(async () => {
    tracker = await startTracker();
  });
  after(() => tracker[Symbol.asyncDispose]());
  const of = (run: string) => ({ params: { workspace: 'default', run } });
  const runFolders = (): string[] => {
    const workspaces = path.join(tracker.home, 'workspaces');
    return readdirSync(workspaces).flatMap((name) => readdirSync(path.join(workspaces, name, 'runs')));
  };

  it('is refused with the way out, and leaves nothing', async () => {
    await using folder = trainingFolder({ 'train.py': '' });
    const { client } = tracker;
    const before = runFolders();
    const refused = async (configuration: Parameters<typeof submit>[1]['configuration']): Promise<Problem> =>
      submit(client, { folder: folder.path, configuration }).then(
        () => assert.fail('it was accepted'),
        (problem: Problem) => problem,
      );
    const missing = await refused({ script: 'trian.py' });
    assert.deepEqual([missing.code, missing.hint], ['invalid', 'Did you mean train.py?']);
    assert.match((await refused({ script: 'train.py', interpreter: '/gone/python' })).message, /is gone/);
    assert.match((await refused({ script: 'train.py', target: 'cluster' })).message, /no compute target/);
    // @ts-expect-error a key that does not exist
    assert.equal((await refused({ script: 'train.py', scirpt: 'x' })).code, 'invalid');
    await assert.rejects(
      submit(client, { folder: folder.path, configuration: { script: 'train.py' }, parent: 'nobody' }),
      { code: 'invalid' },
    );
    assert.deepEqual(runFolders(), before);
    assert.equal((await client.call('runs.list', { params: { workspace: 'default' } })).total, 0);
  });

  it('of a file of 10 GB is named before anything is copied; ignored, it is linked', { timeout: 60_000 }, async () => {
    await using folder = trainingFolder({ 'a.sh': 'wc -c < big.bin\n', 'big.bin': '' });
    truncateSync(path.join(folder.path, 'big.bin'), 10 * 1024 ** 3);
    const { client } = tracker;
    const body = { folder: folder.path, configuration: { script: 'a.sh' } };
    const refused = await train(client, body);
    assert.deepEqual([refused.state, refused.end?.reason], ['failed', 'could-not-start']);
    assert.match(refused.end?.message ?? '', /big\.bin.*\.trainyardignore/s);
    await client.call('folders.ignore', { body: { folder: folder.path, path: 'big.bin' } });
    const run = await train(client, body);
    assert.equal(run.state, 'finished', run.end?.message);
    assert.equal((await logOf(client, run.id)).trim(), String(10 * 1024 ** 3));
    assert.deepEqual((await client.call('runs.outputs', { ...of(run.id), query: {} })).entries, []);
  });

  it('of unusual names goes through byte by byte', async () => {
    const name = 'dir \n "q" \'s\' 🚂/tr $(touch x).py';
    await using folder = trainingFolder({ [name]: 'open("ö ut\\n.txt", "w").write("x")\nprint("ok")\n' });
    symlinkSync('/etc', path.join(folder.path, 'outside'));
    symlinkSync('.', path.join(folder.path, 'loop'));
    const { client } = tracker;
    const run = await train(client, {
      folder: folder.path,
      configuration: { script: name, args: ['-x', '; rm -rf /', "it's"] },
    });
    assert.equal(run.state, 'finished', await logOf(client, run.id));
    const { entries } = await client.call('runs.outputs', { ...of(run.id), query: {} });
    assert.deepEqual(
      entries.map((entry) => entry.path),
      ['ö ut\n.txt'],
    );
    const file = await client.bytes('runs.output', { ...of(run.id), query: { path: 'ö ut\n.txt' } });
    assert.equal(await file.text(), 'x');
  });

  it('of paths never reads outside a run', async () => {
    await using folder = trainingFolder({
      'a.sh':
        'ln -s /etc/passwd "$TRAINYARD_OUTPUTS/link"\nln -s /etc "$TRAINYARD_OUTPUTS/etc"\necho x > "$TRAINYARD_OUTPUTS/x"\n',
    });
    const { client } = tracker;
    const run = await train(client, { folder: folder.path, configuration: { script: 'a.sh' } });
    for (const inner of [
      '../spec.json',
      '/etc/passwd',
      'link',
      'etc/passwd',
      'x/../../spec.json',
      'a\\b',
      'C:/x',
      'x\0',
      './x',
      '',
    ]) {
      const asked = client.bytes('runs.output', { ...of(run.id), query: { path: inner } });
      await assert.rejects(asked, (problem: Problem) => ['invalid', 'not-found'].includes(problem.code), inner);
      await assert.rejects(client.bytes('runs.snapshotFile', { ...of(run.id), query: { path: inner } }), Error, inner);
    }
    const { entries } = await client.call('runs.outputs', { ...of(run.id), query: { recursive: true } });
    assert.deepEqual(entries.map((entry) => [entry.path, entry.kind]).sort(), [
      ['etc', 'link'],
      ['link', 'link'],
      ['x', 'file'],
    ]);
  });

  it('of an interpreter that breaks only when it is started is told truly', async () => {
    await using folder = trainingFolder({ tool: '#!/no/such/interpreter\n' });
    chmodSync(path.join(folder.path, 'tool'), 0o755);
    const run = await train(tracker.client, { folder: folder.path, configuration: { script: 'tool' } });
    assert.deepEqual([run.state, run.end?.reason], ['failed', 'could-not-start']);
    assert.match(run.end?.message ?? '', /Cannot start .*tool/);
  });

  it('in the records of a script is left out, and the rest is kept', async () => {
    await using folder = trainingFolder({
      'train.py': [
        'import os, trainyard',
        'trainyard.log(step=1, good=1.0)',
        'name = [n for n in os.listdir(os.environ["TRAINYARD_RUN_DIR"] + "/metrics")][0]',
        'with open(os.environ["TRAINYARD_RUN_DIR"] + "/metrics/" + name, "ab") as f:',
        '    f.write(b"not json\\n{}\\n\\xff\\xfe\\n" + b"z" * 6_000_000 + b"\\n")',
        'trainyard.log(step=2, good=2.0)',
      ].join('\n'),
    });
    const run = await train(tracker.client, { folder: folder.path, configuration: { script: 'train.py' } });
    const { points } = await tracker.client.call('runs.metricHistory', { ...of(run.id), query: { key: 'good' } });
    assert.deepEqual(
      points.map(({ step, value }) => [step, value]),
      [
        [1, 1],
        [2, 2],
      ],
    );
  });

  it('of requirements that do not resolve is told in the resolver’s own words', async () => {
    await using folder = trainingFolder({
      'a.sh': 'true\n',
      'requirements.txt': '--no-index\nnone-such==1\n',
      't.py': '',
    });
    const run = await train(tracker.client, {
      folder: folder.path,
      configuration: { script: 't.py', environment: { requirements: 'requirements.txt' } },
    });
    assert.deepEqual([run.state, run.end?.reason], ['failed', 'could-not-start']);
    assert.match(run.end?.message ?? '', /No matching distribution found for none-such==1/);
  });
});
