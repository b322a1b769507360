import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../test/harness/home.ts';
import { Problem } from '../../../shared/api/error.ts';
import { freeName } from '../createDeployment.ts';
import { startOnPort } from '../ports.ts';
import { delay, Restarts } from '../restarts.ts';
import type { ServiceSpec } from '../serviceHost.ts';
import { lastLines, tailOfFile } from '../tail.ts';
import { runtimeSource } from './contextFiles.ts';
import { containerName, describeContainer } from './describeContainer.ts';
import { checkImageName, describeImage, dockerfile, imageTag } from './describeImage.ts';
import { judge } from './dockerHost.ts';
import { demultiplex } from './engineClient.ts';
import { explainBaseImage, explainEngineError, isBaseImageProblem } from './engineProblems.ts';
import { toEvent } from './watchEngine.ts';

const spec: ServiceSpec = {
  id: '12345678-aaaa',
  name: 'digits',
  workspace: 'default',
  model: 'Digits "$HOME" \\ é',
  version: 3,
  modelFolder: '/models/x/3',
  entry: 'model.onnx',
  folder: '/deployments/x',
  limits: { cpus: 1.5, memory: 100_000_000 },
  restart: 'on-failure',
  baseImage: 'node:24-slim',
  image: 'trainyard/digits:3-abc',
};
const options = { spec, home: '/home/me', program: 'trainyard 1', tag: 't', programFiles: [], modelFiles: [] };

test('the container is published on loopback, limited and without privileges', () => {
  const { HostConfig, ExposedPorts, User, name, Image } = describeContainer(spec, '/home/me', 20_001);
  assert.deepEqual([name, Image, User], ['trainyard-digits-12345678', 'trainyard/digits:3-abc', '65534:65534']);
  assert.deepEqual(ExposedPorts, { '8080/tcp': {} });
  assert.deepEqual(HostConfig?.PortBindings, { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '20001' }] });
  assert.deepEqual(HostConfig?.RestartPolicy, { Name: 'on-failure', MaximumRetryCount: 5 });
  assert.deepEqual(
    [HostConfig?.NanoCpus, HostConfig?.Memory, HostConfig?.MemorySwap],
    [1_500_000_000, 100_000_000, 100_000_000],
  );
  assert.deepEqual(
    [HostConfig?.ReadonlyRootfs, HostConfig?.CapDrop, HostConfig?.SecurityOpt],
    [true, ['ALL'], ['no-new-privileges']],
  );
  assert.equal(HostConfig?.Binds, undefined);
});

test('the Dockerfile: hostile names stay inside their quotes, the runtime is copied or installed', () => {
  const copied = dockerfile({ ...options, runtime: { kind: 'files', files: [] } });
  assert.match(copied, /dev\.trainyard\.model="Digits \\"\\\$HOME\\" \\\\ é"/);
  assert.match(copied, /COPY runtime\/ \/app\//);
  assert.doesNotMatch(copied, /\nRUN /);
  const installed = dockerfile({ ...options, runtime: { kind: 'npm', version: '1.2.3' } });
  assert.match(installed, /RUN npm install .*--ignore-scripts.* onnxruntime-node@1\.2\.3 && rm -rf .*darwin .*win32/);
  // What needs root comes before the user that has nothing.
  assert.ok(installed.indexOf('RUN npm') < installed.indexOf('USER 65534'));
  for (const bad of ['a b', 'x\nRUN evil', '-x', '', 'a'.repeat(400), '$(x)']) {
    assert.throws(() => checkImageName(bad), /not the name of an image/);
  }
});

test('the build context has program, model and settings, and no secret', () => {
  const modelFiles = [{ name: 'model.onnx', from: '/models/x/3/model.onnx' }];
  const plan = describeImage({
    ...options,
    modelFiles,
    runtime: { kind: 'files', files: [{ name: 'a/b', from: '/x' }] },
  });
  assert.deepEqual(
    plan.files.map(({ name }) => name),
    ['Dockerfile', 'runtime/node_modules/a/b', 'app/model/model.onnx', 'app/service.json'],
  );
  const service = JSON.parse(plan.files.at(-1)?.text ?? '') as Record<string, unknown>;
  assert.deepEqual([service.file, service.port, service.key], ['model/model.onnx', 8080, undefined]);
});

test('tags are valid and tell apart what has the same readable name', () => {
  const tag = imageTag(spec, '/home/me', 'p', 'h');
  assert.match(tag, /^trainyard\/digits-home:3-[0-9a-f]{8}$/);
  assert.notEqual(tag, imageTag({ ...spec, workspace: 'other' }, '/home/me', 'p', 'h'));
  assert.notEqual(tag, imageTag({ ...spec, baseImage: 'node:22' }, '/home/me', 'p', 'h'));
  assert.match(imageTag({ ...spec, model: '模型' }, '/h', 'p', 'h'), /^trainyard\/model:3-/);
  assert.equal(containerName({ ...spec, name: 'x' }), 'trainyard-x-12345678');
});

test('names of deployments are free and fit for hosts', () => {
  assert.equal(freeName('Größe 1!', new Set()), 'gro-e-1');
  assert.equal(freeName('a', new Set(['a', 'a-2'])), 'a-3');
  assert.equal(freeName('模型', new Set()), 'model');
});

test('the runtime comes from our packages where they have the binaries, else from npm in the build', async () => {
  await using folder = temporaryFolder('runtime');
  const at = (name: string) => path.join(folder.path, name);
  fs.mkdirSync(at('onnxruntime-node/dist'), { recursive: true });
  fs.writeFileSync(at('onnxruntime-node/package.json'), '{"version":"9.9.9"}');
  assert.deepEqual(runtimeSource({ os: 'linux', architecture: 'arm64' }, folder.path), {
    kind: 'npm',
    version: '9.9.9',
  });
  const own = runtimeSource({ os: 'linux', architecture: 'x86_64' });
  assert.ok(own.kind === 'files' && own.files.some(({ name }) => name.endsWith('linux/x64/libonnxruntime.so.1')));
  assert.ok(own.kind === 'files' && own.files.every(({ name }) => !/darwin|win32|\.map$/.test(name)));
  assert.throws(() => runtimeSource({ os: 'windows', architecture: 'x86_64' }), /no onnxruntime for windows/);
});

test('errors of the engine are told apart', () => {
  const of = (fields: object, message = 'x') =>
    explainEngineError(Object.assign(new Error(message), fields), 'unix:///s');
  const cases: [Problem, string, RegExp][] = [
    [of({ code: 'ENOENT' }), 'no-engine', /There is no Docker engine at unix:\/\/\/s/],
    [of({ code: 'EACCES' }), 'engine-forbidden', /may not use/],
    [of({ code: 'ECONNREFUSED' }), 'no-engine', /answers/],
    [of({ code: 'ECONNRESET' }), 'engine-lost', /went away/],
    [of({}, 'write /x: no space left on device'), 'no-space', /no space left/],
    [of({ statusCode: 500 }, 'Bind for 127.0.0.1:1 failed: port is already allocated'), 'port-in-use', /taken/],
    [
      of({ statusCode: 500, json: { message: 'listen tcp4 127.0.0.1:80: bind: address already in use' } }),
      'port-in-use',
      /taken/,
    ],
    [of({ statusCode: 404, json: { message: 'No such image' } }), 'not-found', /No such image/],
    [of({ statusCode: 409 }, 'whatever'), 'engine-failed', /whatever/],
  ];
  for (const [problem, code, message] of cases) {
    assert.equal(problem.code, code);
    assert.match(problem.message, message);
    assert.ok(problem.hint);
  }
  assert.match(of({ code: 'EACCES' }).hint ?? '', /group docker/);
  assert.ok(isBaseImageProblem('', 'Get "https://r/v2/": dial tcp: lookup r: no such host'));
  assert.ok(!isBaseImageProblem('RUN x', 'returned a non-zero code: 1'));
  assert.match(explainBaseImage('a:1', 'dial tcp: lookup').message, /its registry cannot be reached/);
});

test('states of a container', () => {
  const facts = {
    id: '',
    status: 'exited',
    health: undefined,
    outOfMemory: false,
    exitCode: 0,
    error: '',
    restarts: 0,
    port: 1,
    image: '',
  };
  const of = (change: object, memory = false) => judge({ ...facts, ...change }, memory, 64 * 1024 ** 2);
  assert.equal(of({}).state, 'stopped');
  assert.equal(of({ exitCode: 143 }).state, 'stopped');
  assert.match(of({ exitCode: 137 }).message ?? '', /signal 9/);
  assert.match(of({ exitCode: 137 }, true).message ?? '', /ran out of memory \(its limit is 64 MB\)/);
  assert.match(of({ status: 'running', health: 'healthy' }, true).message ?? '', /Restarted: it ran out of memory/);
  assert.equal(of({ status: 'running', health: 'starting' }).state, 'starting');
  assert.equal(of({ status: 'running', health: 'unhealthy' }).state, 'unhealthy');
  assert.equal(of({ status: 'restarting', exitCode: 65 }).state, 'unhealthy');
});

test('frames of the log, events of the engine, the tail of a file', async () => {
  const frame = (text: string) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
  assert.equal(String(demultiplex(Buffer.concat([frame('one\n'), frame('two\n')]))), 'one\ntwo\n');
  assert.equal(
    toEvent({ Action: 'exec_start: sh', Actor: { Attributes: { 'dev.trainyard.deployment': 'd' } } }),
    undefined,
  );
  assert.deepEqual(
    toEvent({ Action: 'oom', timeNano: 5e6, Actor: { Attributes: { 'dev.trainyard.deployment': 'd' } } }),
    {
      type: 'container',
      deployment: 'd',
      action: 'oom',
      at: 5,
    },
  );
  assert.equal(String(lastLines(Buffer.from('a\nb\nc\n'), 2)), 'b\nc\n');
  assert.equal(String(lastLines(Buffer.from('a\nb\nc'), 2)), 'b\nc');
  assert.equal(String(lastLines(Buffer.from('a\n'), 5)), 'a\n');
  await using folder = temporaryFolder('tail');
  const file = path.join(folder.path, 'log');
  fs.writeFileSync(file, Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`).join(''));
  assert.equal(String(await tailOfFile(file, 2)), 'line 49998\nline 49999\n');
  assert.equal((await tailOfFile(path.join(folder.path, 'none'), 2)).length, 0);
});

test('a port that is chosen is tried until one is free; one that was asked for is not', async () => {
  const taken = new Problem('port-in-use', 'taken');
  const tried: number[] = [];
  const port = await startOnPort(undefined, new Set(), async (one) => {
    tried.push(one);
    if (tried.length < 4) throw taken;
  });
  assert.deepEqual([tried.length, tried.at(-1)], [4, port]);
  await assert.rejects(
    startOnPort(5, new Set(), async () => Promise.reject(taken)),
    /taken/,
  );
  await assert.rejects(
    startOnPort(undefined, new Set(), async () => Promise.reject(taken)),
    /No free port/,
  );
  await assert.rejects(
    startOnPort(undefined, new Set(), async () => Promise.reject(new Error('other'))),
    /other/,
  );
});

test('restarts wait longer each time, and on-failure gives up', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const started: string[] = [];
  const restarts = new Restarts((id) => started.push(id));
  assert.equal(restarts.ended('a', 'no'), undefined);
  for (let attempt = 0; attempt < 5; attempt++) {
    const wait = restarts.ended('a', 'on-failure');
    assert.equal(wait, delay(attempt));
    assert.equal(restarts.ended('a', 'on-failure'), wait, 'asked twice is restarted once');
    t.mock.timers.tick(wait ?? 0);
  }
  assert.equal(started.length, 5);
  assert.equal(restarts.ended('a', 'on-failure'), undefined);
  assert.equal(delay(30), 60_000);
  restarts.close();
});
