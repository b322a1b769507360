import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startTracker } from '../../../../test/harness/tracker.ts';
import { pythonFolder } from '../../../shared/programFiles.ts';
import { trainingFolder } from '../testing.ts';

/** Runs a script as a person does who has no tracker: the helper keeps the run by itself. */
function runAlone(folder: string, ...args: string[]): void {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TRAINYARD_'));
  const env = { ...Object.fromEntries(own), PYTHONPATH: pythonFolder() };
  try {
    execFileSync('python3', ['train.py', ...args], { cwd: folder, env, stdio: 'ignore' });
  } catch {
    // It is meant to fail, or is killed.
  }
}

const script = `import os, sys, trainyard
trainyard.params(lr=0.1)
for step in range(5):
    trainyard.log(step=step, acc=step / 10)
with open(os.path.join(trainyard.run_directory(), "outputs", "model.txt"), "w") as f: f.write("m")
if "fail" in sys.argv: raise ValueError("no such shape")
if "kill" in sys.argv: os.kill(os.getpid(), 9)
`;

test('what was logged without a tracker becomes runs, once, with what is known of their end', async () => {
  await using tracker = await startTracker();
  await using folder = trainingFolder({ 'train.py': script });
  for (const how of ['well', 'fail', 'kill']) runAlone(folder.path, how);
  const offline = path.join(folder.path, '.trainyard', 'offline');
  const [some = ''] = readdirSync(offline);
  symlinkSync('/etc/hostname', path.join(offline, some, 'outputs', 'link'));
  const { client } = tracker;
  const params = { workspace: 'default' };
  const body = { folder: folder.path };
  const first = await client.call('runs.importOffline', { params, body });
  assert.deepEqual([first.runs.length, first.known], [3, 0]);
  const ends = first.runs.map(({ state, end }) => `${state} ${end?.message}`).sort();
  assert.match(ends[2] ?? '', /^unknown It was made offline/);
  assert.deepEqual(ends.slice(0, 2), ['failed ValueError: no such shape', 'finished finished']);

  const again = await client.call('runs.importOffline', { params, body });
  assert.equal(again.known, 3);
  const { total } = await client.call('runs.list', { params, query: {} });
  assert.equal(total, 3);
  for (const { id, headline } of again.runs) {
    const detail = await client.call('runs.get', { params: { ...params, run: id } });
    assert.deepEqual([detail.params.lr, headline?.value], ['0.1', 0.4]);
    assert.equal(detail.metrics.find(({ key }) => key === 'acc')?.count, 5);
    const { entries } = await client.call('runs.outputs', { params: { ...params, run: id }, query: {} });
    assert.deepEqual(
      entries.map(({ path: name }) => name),
      ['model.txt'],
    );
  }

  const one = { folder: path.join(offline, some) };
  assert.equal((await client.call('runs.importOffline', { params, body: one })).runs.length, 1);
  rmSync(offline, { recursive: true });
  await assert.rejects(client.call('runs.importOffline', { params, body }), /holds no run that was made offline/);
});
