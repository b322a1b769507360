// A training outlives its tracker: SIGKILL at random moments, again and again, and nothing of the run is lost, nothing
// is there twice, and its exit code is right. `node test/survival.ts [ROUNDS]`, by default a hundred.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { back, ended, logOf, submit, trainingFolder } from '../src/tracker/runs/testing.ts';
import { endProcess } from './harness/processes.ts';
import { startTracker, type TestTracker } from './harness/tracker.ts';

const STEPS = 150;
const TRAIN = `
import sys, threading, time, trainyard
code, seed = int(sys.argv[1]), int(sys.argv[2])
trainyard.params(code=code)
for step in range(${STEPS}):
    trainyard.log(step=step, loss=seed + 1 / (step + 1), acc=step)
    print("line", step)
    if step == 40:
        with trainyard.child("part") as part:
            part.log(step=0, inner=seed)
    time.sleep(0.01)
open("result.bin", "w").write("r" * 1000)
sys.exit(code)
`;

export interface SurvivalRound {
  readonly kills: number;
  /** What was not as it must be; empty when all is well. */
  readonly problems: string[];
}

/** Runs the rounds and tells of each; every round is one training and one to three kills. */
export async function survive(rounds: number, onRound: (round: SurvivalRound, index: number) => void): Promise<void> {
  await using folder = trainingFolder({ 'train.py': TRAIN });
  await using tracker = await startTracker();
  for (let index = 0; index < rounds; index++) onRound(await round(tracker, folder.path, index), index);
}

async function round(tracker: TestTracker, folder: string, index: number): Promise<SurvivalRound> {
  const { client } = tracker;
  // Above 128 a shell cannot tell an exit code from a signal (see ExitRecord), so the codes stay below.
  const code = index % 3 === 0 ? 0 : (index * 7) % 128 || 1;
  const configuration = { script: 'train.py', args: [String(code), String(index)] };
  const run = await submit(client, { folder, configuration, requestId: `survival-${index}` });
  const kills = 1 + Math.floor(Math.random() * 3);
  for (let kill = 0; kill < kills; kill++) {
    await sleep(Math.random() ** 2 * 2500);
    await endProcess((await client.call('tracker.info', {})).pid, 0);
    // Sometimes nobody is there for a while, and the run may end meanwhile.
    await sleep(Math.random() < 0.5 ? 0 : Math.random() * 1500);
    await back(tracker);
  }
  // A client that had no answer would ask again; it must not start a second run.
  const again = await submit(client, { folder, configuration, requestId: `survival-${index}` });
  const end = await ended(client, run.id);
  const problems = again.id === run.id ? [] : ['the same request started a second run'];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      problems.push(`${what}: ${JSON.stringify(found)?.slice(0, 300)}`);
  };
  expect('state', end.state, code === 0 ? 'finished' : 'failed');
  expect('exit code', end.end?.exitCode, code);
  const lines = Array.from({ length: STEPS }, (_, step) => `line ${step}\n`).join('');
  expect('log', await logOf(client, run.id), lines);
  const of = { params: { workspace: 'default', run: run.id } };
  for (const key of ['loss', 'acc']) {
    const { points } = await client.call('runs.metricHistory', { ...of, query: { key } });
    const wanted = Array.from({ length: STEPS }, (_, step) => [step, key === 'acc' ? step : index + 1 / (step + 1)]);
    expect(
      key,
      points.map(({ step, value }) => [step, value]),
      wanted,
    );
  }
  const { runs } = await client.call('runs.list', { params: { workspace: 'default' }, query: { parent: run.id } });
  expect(
    'children',
    runs.map(({ name, state }) => [name, state]),
    [['part', 'finished']],
  );
  const { entries } = await client.call('runs.outputs', { ...of, query: {} });
  expect(
    'outputs',
    entries.map((entry) => [entry.path, entry.bytes]),
    [['result.bin', 1000]],
  );
  expect('leftovers', leftovers(tracker.home, run.id), []);
  return { kills, problems };
}

/** What a run must not leave in its folder: its copy of the code, and files with its environment. */
function leftovers(home: string, run: string): string[] {
  const workspaces = path.join(home, 'workspaces');
  return readdirSync(workspaces).flatMap((workspace) => {
    const folder = path.join(workspaces, workspace, 'runs', run);
    return readdirSync(folder).filter((name) => /^(?:code|env|env\.json|pending\.json)(?:\.|$)/.test(name));
  });
}

if (process.argv[1] === import.meta.filename) {
  const rounds = Number(process.argv[2] ?? 100);
  let [kills, failed] = [0, 0];
  await survive(rounds, (result, index) => {
    kills += result.kills;
    if (result.problems.length > 0) failed += 1;
    console.log(`${index + 1}/${rounds} ${result.kills} kills ${result.problems.join('; ') || 'ok'}`);
  });
  console.log(`${rounds} trainings, ${kills} kills of the tracker, ${failed} with something lost, doubled or wrong`);
  process.exitCode = failed === 0 ? 0 : 1;
}
