import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import type { Deployment } from '../../../src/shared/domain/deployment.ts';
import { LABELS } from '../../../src/tracker/deployments/docker/describeImage.ts';
import { defaultEngine } from '../../../src/tracker/deployments/docker/engine.ts';
import * as onnx from '../../fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../harness/home.ts';
import { startTracker, type TestTracker } from '../../harness/tracker.ts';
import { type EngineProxy, startProxy } from './engineProxy.ts';

const baseImage = process.env.TRAINYARD_TEST_BASE_IMAGE ?? 'node:24-slim';
const docker = new Docker();
const params = { workspace: 'default' };
let folder: TemporaryFolder;
let proxy: EngineProxy;
let tracker: TestTracker;

before(async () => {
  folder = temporaryFolder('docker');
  proxy = await startProxy(defaultEngine(), path.join(folder.path, 'docker.sock'));
  tracker = await startTracker({ env: { DOCKER_HOST: proxy.address } });
  for (const [name, content] of Object.entries({ linear: onnx.linear(), bomb: bomb() })) {
    const file = path.join(folder.path, `${name}.onnx`);
    fs.writeFileSync(file, content);
    await tracker.client.call('models.register', { params, body: { name, source: { file } } });
  }
});

after(async () => {
  const { deployments } = await tracker.client.call('deployments.list', { params });
  for (const { id } of deployments)
    await tracker.client.call('deployments.delete', { params: { ...params, deployment: id } });
  const { images } = await tracker.client.call('images.list', { params });
  for (const { tag } of images) await tracker.client.call('images.delete', { params: { ...params, image: tag } });
  const filters = { label: [`${LABELS.home}=${tracker.home}`] };
  assert.deepEqual(await docker.listContainers({ all: true, filters }), []);
  assert.deepEqual(await docker.listImages({ filters }), []);
  await tracker[Symbol.asyncDispose]();
  await proxy.cut();
  await folder.dispose();
});

/** Makes a tensor of as many floats as the input says. */
function bomb(): Uint8Array {
  return onnx.model({
    nodes: [
      onnx.node({ op: 'ConstantOfShape', inputs: ['X'], outputs: ['big'] }),
      onnx.node({ op: 'ReduceSum', inputs: ['big'], outputs: ['Y'] }),
    ],
    inputs: [onnx.value('X', onnx.tensorType('int64', [1]))],
    outputs: [onnx.value('Y', onnx.tensorType('float', [1]))],
  });
}

async function deploy(body: { model: string; [key: string]: unknown }): Promise<Deployment> {
  const { deployment } = await tracker.client.call('deployments.create', { params, body: { baseImage, ...body } });
  return until(deployment.id, (one) => one.state === 'healthy' || one.state === 'failed');
}

async function until(id: string, wanted: (deployment: Deployment) => boolean): Promise<Deployment> {
  for (;;) {
    const deployment = await tracker.client.call('deployments.get', { params: { ...params, deployment: id } });
    if (wanted(deployment)) return deployment;
    await sleep(50);
  }
}

function container(id: string): Promise<Docker.ContainerInfo | undefined> {
  const filters = { label: [`${LABELS.deployment}=${id}`] };
  return docker.listContainers({ all: true, filters }).then(([first]) => first);
}

test('a model becomes an image and a container: answers, keeps its port, is hardened, is named as user', async () => {
  const made = await deploy({ model: 'linear', memory: 256 * 1024 ** 2, cpus: 1 });
  assert.deepEqual([made.kind, made.state], ['docker', 'healthy'], made.message);
  const at = { ...params, deployment: made.id };
  const answer = await tracker.client.call('deployments.invoke', {
    params: at,
    body: { input: { instances: [[1, 2, 3]] } },
  });
  assert.deepEqual(answer.body, { predictions: { Y: [[4.5, 4.5]] } });
  const stats = await tracker.client.call('deployments.stats', { params: at });
  assert.ok(stats.requests === 1 && (stats.memory ?? 0) > 1e6);
  const found = await docker.getContainer((await container(made.id))?.Id ?? '').inspect();
  assert.deepEqual(
    [found.HostConfig.ReadonlyRootfs, found.HostConfig.CapDrop, found.Config.User],
    [true, ['ALL'], '65534:65534'],
  );
  assert.deepEqual([found.HostConfig.Memory, found.HostConfig.NanoCpus], [256 * 1024 ** 2, 1e9]);
  assert.deepEqual(Object.values(found.NetworkSettings.Ports)[0], [
    { HostIp: '127.0.0.1', HostPort: String(made.port) },
  ]);
  // The engine's own probe agrees, some seconds later.
  while ((await docker.getContainer(found.Id).inspect()).State.Health?.Status !== 'healthy') await sleep(200);

  await tracker.client.call('deployments.stop', { params: at, body: {} });
  const again = await tracker.client.call('deployments.start', { params: at, body: {} });
  assert.deepEqual([again.state, again.port], ['healthy', made.port]);
  const refused = await tracker.client
    .call('models.deleteVersion', { params: { ...params, model: 'linear', version: '1' } })
    .catch((error: Error) => error.message);
  assert.match(String(refused), /in use by image trainyard\/linear:1-\w{8}, deployment linear/);
  const image = again.image ?? '';
  const inUse = await tracker.client
    .call('images.delete', { params: { ...params, image } })
    .catch((error: Error) => error.message);
  assert.match(String(inUse), /in use by deployment linear/);
});

test('a container outlives the tracker, and the next one adopts it; litter with our label goes', async () => {
  const made = await until('linear', (one) => one.state === 'healthy');
  const before = (await container(made.id))?.Id;
  const { workspaces } = await tracker.client.call('workspaces.list', {});
  const workspace = workspaces[0]?.id ?? '';
  const Labels = { [LABELS.home]: tracker.home, [LABELS.workspace]: workspace, [LABELS.deployment]: 'nobody' };
  const litter = await docker.createContainer({ Image: baseImage, Cmd: ['node'], Labels });
  await tracker.kill();
  await tracker.restart();
  await until('linear', (one) => one.state === 'healthy');
  assert.equal((await container(made.id))?.Id, before);
  while (await litter.inspect().catch(() => undefined)) await sleep(50);
});

test('what happens to the container and to the engine is seen', async () => {
  const made = await until('linear', (one) => one.state === 'healthy');
  const one = docker.getContainer((await container(made.id))?.Id ?? '');
  await one.pause();
  await until('linear', ({ state, message }) => state === 'unhealthy' && /paused/.test(message ?? ''));
  await one.unpause();
  await until('linear', ({ state }) => state === 'healthy');
  await proxy.cut();
  const lost = await until('linear', ({ state }) => state === 'unhealthy');
  assert.match(lost.message ?? '', /engine/);
  await proxy.restore();
  await until('linear', ({ state }) => state === 'healthy');
});

test('a service that runs out of memory says so, with its limit', async () => {
  const made = await deploy({ model: 'bomb', memory: 100 * 1024 ** 2, restart: 'no' });
  assert.equal(made.state, 'healthy', made.message);
  const at = { ...params, deployment: made.id };
  await tracker.client
    .call('deployments.invoke', { params: at, body: { input: { inputs: [200_000_000] } } })
    .catch(() => undefined);
  const failed = await until(made.id, ({ state }) => state === 'failed');
  assert.match(failed.message ?? '', /ran out of memory \(its limit is 100 MB\)/);
});

test('a base image that cannot be had fails the deployment with the way out, and nothing is left', async () => {
  const failed = await deploy({ model: 'linear', name: 'nobase', baseImage: 'registry.invalid/none:1' });
  assert.equal(failed.state, 'failed');
  assert.match(failed.message ?? '', /registry.invalid\/none:1 is not on the engine/);
  assert.equal(await container(failed.id), undefined);
});
