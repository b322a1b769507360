import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as onnx from '../../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/harness/home.ts';
import { isAlive } from '../../../test/harness/processes.ts';
import { type TestContext, testContext } from '../../../test/harness/workspace.ts';
import { Problem } from '../../shared/api/error.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { Call } from '../api/handlers.ts';
import { createModelsPart, type ModelsPart } from '../models/modelsPart.ts';
import { readLinuxProcess } from '../runs/wrapper/processIdentity.ts';
import { listAudit } from '../workspaces/audit.ts';
import { createDeploymentsPart, type DeploymentsPart } from './deploymentsPart.ts';

let folder: TemporaryFolder;
let place: string;
let context: TestContext;
let models: ModelsPart;
let part: DeploymentsPart;

const runs = {
  resolveOutput: () => {
    throw new Problem('not-found', 'No runs here.');
  },
  describeRun: () => ({ name: '', params: {}, metrics: {} }),
};
const where = { workspace: 'w' };

before(() => {
  folder = temporaryFolder('deploy');
  fs.writeFileSync(path.join(folder.path, 'model.onnx'), onnx.linear());
});
after(() => folder.dispose());

beforeEach(async () => {
  place = fs.mkdtempSync(path.join(folder.path, 'home-'));
  open();
  await models.registry.register(
    context.store,
    { name: 'Linear 1', source: { file: path.join(folder.path, 'model.onnx') } },
    'client',
  );
});

afterEach(async () => {
  await part.removeAll(context.store, 'client');
  close();
});

/** What a tracker does when it starts, and when it ends. */
function open(): void {
  context = testContext(place);
  models = createModelsPart(context, { runs });
  part = createDeploymentsPart(context, { registry: models.registry });
}

function close(): void {
  void part.stop?.();
  void models.stop?.();
  context.close();
}

function call<T>(rest: object): Call<never> & T {
  return { caller: { kind: 'client' }, signal: new AbortController().signal, query: {}, body: {}, ...rest } as never;
}

async function deploy(body: object = {}): Promise<Deployment> {
  const request = call({ params: where, body: { model: 'Linear 1', kind: 'process', ...body } });
  const { deployment } = await part.handlers['deployments.create'](request);
  return until(deployment.id, (one) => one.state === 'healthy' || one.state === 'failed');
}

function get(id: string): Deployment {
  return part.handlers['deployments.get'](call({ params: { ...where, deployment: id } })) as Deployment;
}

async function until(id: string, wanted: (deployment: Deployment) => boolean): Promise<Deployment> {
  for (;;) {
    const deployment = get(id);
    if (wanted(deployment)) return deployment;
    await sleep(20);
  }
}

function pidOf(id: string): number {
  const file = path.join(context.store.paths.deployments, id, 'process.json');
  return (JSON.parse(fs.readFileSync(file, 'utf8')) as { pid: number }).pid;
}

test('as a local process: healthy, says so, predicts, counts, logs, stops, starts on the same port, is deleted', async () => {
  const made = await deploy();
  assert.deepEqual([made.name, made.state, made.kind], ['linear-1', 'healthy', 'process'], made.message);
  assert.match(made.message ?? '', /runs as a local process/);
  const params = { ...where, deployment: made.id };
  const input = { instances: [[1, 2, 3]] };
  const answer = await part.handlers['deployments.invoke'](call({ params, body: { input } }));
  assert.deepEqual([answer.status, answer.body], [200, { predictions: { Y: [[4.5, 4.5]] } }]);
  const refused = await part.handlers['deployments.invoke'](call({ params, body: { input: {} } }));
  assert.equal(refused.status, 400);
  assert.equal(
    (await part.handlers['deployments.invoke'](call({ params, body: { path: '/ping', input: null } }))).status,
    200,
  );
  const stats = await part.handlers['deployments.stats'](call({ params }));
  assert.deepEqual([stats.requests, stats.errors], [2, 1]);
  assert.ok((stats.p50 ?? 0) > 0 && (stats.memory ?? 0) > 1e6);
  await sleep(150);
  const log = await part.handlers['deployments.log'](call({ params, query: { tail: 10 } }));
  assert.match('body' in log ? String(log.body) : '', /"path":"\/invocations","status":200/);

  const pid = pidOf(made.id);
  await part.handlers['deployments.stop'](call({ params }));
  assert.equal(isAlive(pid), false);
  const stopped = get(made.id);
  assert.deepEqual([stopped.state, stopped.port], ['stopped', made.port]);
  await assert.rejects(
    async () => part.handlers['deployments.invoke'](call({ params, body: { input } })),
    /is stopped/,
  );
  const again = await part.handlers['deployments.start'](call({ params }));
  assert.deepEqual([again.state, again.port], ['healthy', made.port]);
  await assert.rejects(models.registry.delete(context.store, 'Linear 1', 'client'), /in use by deployment linear-1/);
  const last = pidOf(made.id);
  await part.handlers['deployments.delete'](call({ params }));
  assert.equal(isAlive(last), false);
  assert.deepEqual(fs.readdirSync(context.store.paths.deployments), []);
  await models.registry.delete(context.store, 'Linear 1', 'client');
  const trail = listAudit(context.store.db, {}).map((entry) => `${entry.action} ${entry.kind}`);
  assert.deepEqual(trail.reverse(), [
    ...['register version', 'create deployment', 'stop deployment', 'start deployment'],
    ...['delete deployment', 'delete model'],
  ]);
});

test('survives the tracker, and the next one adopts it', async () => {
  const made = await deploy();
  const pid = pidOf(made.id);
  close();
  assert.ok(isAlive(pid));
  open();
  await part.start?.();
  assert.equal((await until(made.id, (one) => one.state === 'healthy')).port, made.port);
  assert.equal(pidOf(made.id), pid);
  assert.match(part.busy?.() ?? '', /1 running deployment/);
});

test('one that is killed is started again on its port, while the tracker runs and after it', async () => {
  const made = await deploy();
  const first = pidOf(made.id);
  process.kill(first, 'SIGKILL');
  await until(made.id, (one) => one.state !== 'healthy');
  await until(made.id, (one) => one.state === 'healthy');
  const second = pidOf(made.id);
  assert.notEqual(second, first);
  close();
  process.kill(second, 'SIGKILL');
  while (isAlive(second)) await sleep(10);
  open();
  await part.start?.();
  await until(made.id, (one) => one.state === 'healthy' && pidOf(one.id) !== second);
  assert.equal(get(made.id).port, made.port);
});

test('with the policy "no" it stays ended, and says so', async () => {
  const made = await deploy({ restart: 'no' });
  process.kill(pidOf(made.id), 'SIGKILL');
  const ended = await until(made.id, (one) => one.state === 'failed');
  assert.match(ended.message ?? '', /ended/);
});

test('another version takes the place of the old one once it is healthy, and never if it is not', async () => {
  const made = await deploy({ name: 'api' });
  const file = path.join(folder.path, 'other.onnx');
  fs.writeFileSync(file, onnx.identities(['float']));
  await models.registry.register(context.store, { name: 'Linear 1', source: { file } }, 'client');
  const request = (version: string) =>
    call<never>({ params: where, body: { name: 'api', model: 'Linear 1', version, kind: 'process' } });
  const seen: string[] = [];
  const stop = context.events.listen((event) => {
    if (event.type === 'deployment') seen.push(`${event.deployment.version} ${event.deployment.state}`);
  });
  const moved = await part.handlers['deployments.create'](request('2'));
  assert.equal(moved.deployment.id, made.id);
  const now = await until(made.id, (one) => one.version === 2 && one.state === 'healthy');
  assert.equal(now.port, made.port);
  // A tracker that is killed between the two services leaves a row that names the new one.
  assert.ok(seen.includes('2 starting'), seen.join(', '));
  stop();
  const at = { ...where, deployment: made.id };
  const answer = await part.handlers['deployments.invoke'](call({ params: at, body: { input: { inputs: [1.5] } } }));
  assert.deepEqual(answer.body, { predictions: { float_out: [1.5] } });

  // Broken behind the registry's back, so that only the running service can tell.
  await models.registry.register(
    context.store,
    { name: 'Linear 1', source: { file: path.join(folder.path, 'model.onnx') } },
    'client',
  );
  const third = models.registry.version(context.store, 'Linear 1', '3');
  fs.writeFileSync(path.join(third.folder, third.entry), 'broken');
  const pid = pidOf(made.id);
  const { activity } = await part.handlers['deployments.create'](request('3'));
  const state = () => context.activities.list().find((one) => one.id === activity);
  while (state()?.state === 'running') await sleep(20);
  assert.match(state()?.error ?? '', /did not come up: .*Protobuf parsing failed.* Linear 1:2 still serves/);
  assert.deepEqual([pidOf(made.id), get(made.id).version, get(made.id).state], [pid, 2, 'healthy']);
  assert.deepEqual(fs.readdirSync(context.store.paths.deployments), [made.id]);
});

test('a taken port is said plainly where it was asked for, and nothing is left running', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  try {
    const failed = await deploy({ port, name: 'taken' });
    assert.equal(failed.state, 'failed');
    assert.match(failed.message ?? '', new RegExp(`Port ${port} is taken`));
    assert.deepEqual(fs.readdirSync(context.store.paths.deployments), []);
  } finally {
    server.close();
  }
});

test('a move that was cut short between the two services ends with the version that its row names', async () => {
  const made = await deploy({ name: 'api' });
  const file = path.join(folder.path, 'other.onnx');
  fs.writeFileSync(file, onnx.identities(['float']));
  await models.registry.register(context.store, { name: 'Linear 1', source: { file } }, 'client');
  const before = pidOf(made.id);
  await part.stop?.();
  // As a kill leaves it after the row was written and before the old service was ended.
  await context.store.writer.write(() => {
    context.store.db.prepare(`UPDATE deployment SET version = 2, state = 'starting' WHERE id = ?`).run(made.id);
  });
  close();
  open();
  await part.start?.();
  await until(made.id, (one) => one.version === 2 && one.state === 'healthy');
  assert.notEqual(pidOf(made.id), before);
  const at = { ...where, deployment: made.id };
  const answer = await part.handlers['deployments.invoke'](call({ params: at, body: { input: { inputs: [1.5] } } }));
  assert.deepEqual(answer.body, { predictions: { float_out: [1.5] } });
});

test('a service that was on trial when its tracker was killed is ended by the next one', async () => {
  const trial = path.join(context.store.paths.deployments, 'some-deployment-next');
  fs.mkdirSync(trial, { recursive: true });
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    const identity = readLinuxProcess(child.pid ?? 0);
    fs.writeFileSync(path.join(trial, 'process.json'), JSON.stringify({ v: 1, ...identity, timeMs: Date.now() }));
    const made = await deploy({ name: 'kept' });
    await part.start?.();
    assert.deepEqual(await ended, [null, 'SIGTERM']);
    while (fs.existsSync(trial)) await sleep(10);
    assert.deepEqual(fs.readdirSync(context.store.paths.deployments), [made.id]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('what cannot be deployed is refused before anything is made', async () => {
  const pickle = path.join(folder.path, 'm.pkl');
  fs.writeFileSync(pickle, Buffer.from([0x80, 4, 0x95]));
  await models.registry.register(context.store, { name: 'kept', source: { file: pickle } }, 'client');
  await assert.rejects(deploy({ model: 'kept' }), /cannot be deployed: This is a pickle/);
  await assert.rejects(deploy({ version: '9' }), /has no version "9"/);
  await assert.rejects(deploy({ baseImage: 'a\nRUN x' }), /not the name of an image/);
  await assert.rejects(deploy({ kind: 'docker', dockerHost: `unix://${place}/none.sock` }), /no Docker engine at/);
  await deploy({ name: 'one' });
  await assert.rejects(deploy({ name: 'one' }), /already/);
  const { deployments } = part.handlers['deployments.list'](call({ params: where })) as { deployments: Deployment[] };
  assert.deepEqual(
    deployments.map((one) => one.name),
    ['one'],
  );
});

test('without an engine it becomes a local process, with the reason', async () => {
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = `unix://${place}/none.sock`;
  try {
    const made = await deploy({ kind: undefined });
    assert.deepEqual([made.kind, made.state], ['process', 'healthy']);
    assert.match(
      made.message ?? '',
      /^There is no Docker engine at .*So it runs as a local process, not in a container/,
    );
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
});
