import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import Docker from 'dockerode';
import { Problem } from '../../../src/shared/api/error.ts';
import { buildImage } from '../../../src/tracker/deployments/docker/buildImage.ts';
import { type ImagePlan, LABELS } from '../../../src/tracker/deployments/docker/describeImage.ts';
import { defaultEngine } from '../../../src/tracker/deployments/docker/engine.ts';
import { EngineClient } from '../../../src/tracker/deployments/docker/engineClient.ts';
import { type TemporaryFolder, temporaryFolder } from '../../harness/home.ts';
import { startProxy } from './engineProxy.ts';

const base = process.env.TRAINYARD_TEST_BASE_IMAGE ?? 'node:24-slim';
const docker = new Docker();
let folder: TemporaryFolder;
let home: string;

before(() => {
  folder = temporaryFolder('build');
});
after(() => folder.dispose());

/** Whatever a build does, it leaves neither a container nor a layer without a name. */
afterEach(async () => {
  const label = [`${LABELS.home}=${home}`];
  assert.deepEqual(await docker.listImages({ filters: { label } }), []);
  const containers = await docker.listContainers({ all: true, filters: { label } });
  assert.deepEqual(
    containers.map(({ Names }) => Names),
    [],
  );
});

function plan(...steps: string[]): ImagePlan {
  home = `/test/${randomUUID()}`;
  const dockerfile = [`FROM ${base}`, `LABEL ${LABELS.home}="${home}"`, ...steps].join('\n');
  return {
    tag: `trainyard/test:${randomUUID().slice(0, 8)}`,
    baseImage: base,
    home,
    files: [{ name: 'Dockerfile', text: dockerfile }],
  };
}

async function failure(
  of: ImagePlan,
  signal = new AbortController().signal,
  address = defaultEngine(),
): Promise<Problem> {
  const client = new EngineClient(address);
  const error = await buildImage(client.docker, address, of, { signal, notice: () => undefined }).then(
    () => assert.fail('it was built'),
    (problem: unknown) => problem,
  );
  assert.ok(error instanceof Problem, String(error));
  return error;
}

test('a step that fails is named with its last lines', async () => {
  const problem = await failure(plan('ENV A=1', 'RUN echo before; echo the reason >&2; exit 3'));
  assert.equal(problem.code, 'build-failed');
  assert.match(problem.message, /this step failed: RUN echo before; .*non-zero code: 3/);
  assert.ok(
    problem.details?.some((line) => line.includes('the reason')),
    problem.details?.join('\n'),
  );
});

test('a base image that cannot be had is told as such, with the ways out', async () => {
  const missing = { ...plan(), baseImage: 'registry.invalid/none:1' };
  const files = [{ name: 'Dockerfile', text: 'FROM registry.invalid/none:1\nENV A=1\n' }];
  const problem = await failure({ ...missing, files });
  assert.equal(problem.code, 'base-image');
  assert.match(problem.message, /registry.invalid\/none:1 is not on the engine/);
  assert.match(problem.hint ?? '', /TRAINYARD_BASE_IMAGE/);
});

test('cancelled in a step', async () => {
  const abort = new AbortController();
  const steps = plan('ENV A=1', 'RUN sleep 60');
  setTimeout(() => abort.abort(), 1500);
  const problem = await failure(steps, abort.signal);
  assert.equal(problem.code, 'cancelled');
  await gone();
});

test('the engine dies in the middle of a step', async () => {
  const proxy = await startProxy(defaultEngine(), path.join(folder.path, 'docker.sock'));
  const steps = plan('ENV A=1', 'RUN sleep 60');
  setTimeout(() => void proxy.cut(), 1500);
  const problem = await failure(steps, undefined, proxy.address);
  assert.equal(problem.code, 'engine-lost');
  assert.match(problem.message, /went away/);
  await gone();
  // The real engine lives on and has kept the layers that a dead one could not have removed.
  await docker.pruneImages({ filters: { dangling: { true: true }, label: { [`${LABELS.home}=${home}`]: true } } });
});

test('no engine, and one that nobody listens at', async () => {
  const absent = `unix://${folder.path}/none.sock`;
  assert.match((await failure(plan(), undefined, absent)).message, /no Docker engine at/);
  const proxy = await startProxy(defaultEngine(), path.join(folder.path, 'dead.sock'));
  await proxy.cut();
  assert.equal((await failure(plan(), undefined, proxy.address)).code, 'no-engine');
});

/** The engine takes a moment to end the container of a build whose client left. */
async function gone(): Promise<void> {
  const filters = { label: [`${LABELS.home}=${home}`] };
  while ((await docker.listContainers({ all: true, filters })).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 100));
}
