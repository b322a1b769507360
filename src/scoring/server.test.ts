import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { linear } from '../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../test/harness/home.ts';
import { EXIT_CODES, type ServiceState } from './serviceFile.ts';
import { readMetrics } from './serviceMetrics.ts';

let folder: TemporaryFolder;
let service: Service;

interface Service {
  child: ChildProcess;
  url: string;
}

before(async () => {
  folder = temporaryFolder('scoring');
  fs.writeFileSync(path.join(folder.path, 'model.onnx'), linear());
  service = await start('main');
});

after(async () => {
  service.child.kill('SIGKILL');
  await folder.dispose();
});

test('predictions in JSON and CSV', async () => {
  const json = await post({ instances: [[1, 2, 3]] });
  assert.equal(json.status, 200);
  assert.deepEqual(await json.json(), { predictions: { Y: [[4.5, 4.5]] } });
  const csv = await send('a,b,c\n1,2,3\n', 'text/csv; charset=utf-8');
  assert.deepEqual(await csv.json(), { predictions: { Y: [[4.5, 4.5]] } });
});

test('wrong requests are answered with a reason, and the service lives', async () => {
  const cases: [Promise<Response>, number, RegExp][] = [
    [post({ instances: [[1, 2]] }), 400, /dimension 1 must be 3/],
    [send('{"instances": [[1,', 'application/json'), 400, /not JSON/],
    [send('', 'application/json'), 400, /not JSON/],
    [send('x', 'text/plain'), 415, /"text\/plain" is not read/],
    [send('a,b\n1,2\n', 'text/csv'), 400, /dimension 1 must be 3/],
    [send(JSON.stringify({ inputs: 'x'.repeat(2_000_000) }), 'application/json'), 413, /larger than 1000000 bytes/],
    [fetch(`${service.url}/invocations`), 405, /POST/],
    [fetch(`${service.url}/ping`, { method: 'DELETE' }), 405, /GET/],
    [fetch(`${service.url}/..%2f..%2fetc/passwd`), 404, /No such route/],
  ];
  for (const [request, status, reason] of cases) {
    const response = await request;
    const body = (await response.json()) as { message: string };
    assert.equal(response.status, status, body.message);
    assert.match(body.message, reason);
    assert.doesNotMatch(body.message, /\n\s+at /);
  }
  assert.equal((await fetch(`${service.url}/ping`)).status, 200);
});

test('malformed HTTP ends that connection only', async () => {
  const socket = net.connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.end('\0\0 nonsense\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  assert.match(answer, /^HTTP\/1.1 400/);
  assert.equal((await fetch(`${service.url}/health`)).status, 200);
});

test('describes itself and counts', async () => {
  assert.equal(await (await fetch(`${service.url}/version`)).text(), 'test 1');
  const about = (await (await fetch(service.url)).json()) as { signature: { inputs: { name: string }[] } };
  assert.equal(about.signature.inputs[0]?.name, 'X');
  const earlier = readMetrics(await (await fetch(`${service.url}/metrics`)).text());
  await post({ instances: [[1, 2, 3]] });
  await post({});
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const later = readMetrics(text);
  assert.equal(later.requests - earlier.requests, 2);
  assert.equal(later.errors - earlier.errors, 1);
  assert.equal(
    later.latency.reduce((sum, count) => sum + count, 0),
    later.requests,
  );
  assert.match(text, /trainyard_model_info\{model="dig\\"its",version="3"\} 1/);
});

test('with a key every route but the health routes asks for it', async () => {
  const secured = await start('key', {}, { TRAINYARD_SERVICE_KEY: 's3cret' });
  try {
    assert.equal((await fetch(`${secured.url}/ping`)).status, 200);
    for (const authorization of [undefined, 'Bearer wrong', 's3cret', 'Bearer s3cret ']) {
      const headers = authorization ? { authorization } : {};
      const expected = authorization === 'Bearer s3cret ' ? 200 : 401;
      assert.equal((await fetch(`${secured.url}/metrics`, { headers })).status, expected, authorization);
    }
  } finally {
    secured.child.kill('SIGKILL');
  }
});

test('SIGTERM lets what has begun end, and refuses what is new', async () => {
  const leaving = await start('drain');
  const port = Number(new URL(leaving.url).port);
  const body = JSON.stringify({ instances: [[1, 2, 3]] });
  const head = `POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`${head}\r\n\r\n${body.slice(0, 5)}`);
  await sleep(50);
  leaving.child.kill('SIGTERM');
  await until(() => stateOf('drain').state === 'draining');
  await assert.rejects(fetch(`${leaving.url}/ping`));
  socket.write(body.slice(5));
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  assert.match(answer, /200 OK[\s\S]*"predictions"/);
  const [code] = leaving.child.exitCode === null ? await once(leaving.child, 'exit') : [leaving.child.exitCode];
  assert.equal(code, 0);
});

test('a service whose folder was deleted leaves', async () => {
  const orphan = await start('orphan');
  fs.rmSync(path.join(folder.path, 'orphan.json'));
  const [code] = await once(orphan.child, 'exit');
  assert.equal(code, 0);
});

test('a taken port and a broken model end the process with a word about it', async () => {
  const taken = await start('taken', { port: Number(new URL(service.url).port) }).catch((error: Error) => error);
  assert.ok(taken instanceof Error);
  assert.equal(stateOf('taken').problem, 'port-in-use');
  assert.match(taken.message, new RegExp(String(EXIT_CODES.portInUse)));
  fs.writeFileSync(path.join(folder.path, 'broken.onnx'), 'not a model');
  const broken = await start('broken', { file: 'broken.onnx' }).catch((error: Error) => error);
  assert.ok(broken instanceof Error);
  assert.match(stateOf('broken').message ?? '', /cannot be loaded: Protobuf parsing failed/);
});

function post(body: unknown): Promise<Response> {
  return send(JSON.stringify(body), 'application/json');
}

function send(body: string, type: string): Promise<Response> {
  return fetch(`${service.url}/invocations`, { method: 'POST', body, headers: { 'content-type': type } });
}

async function start(name: string, settings: object = {}, env: NodeJS.ProcessEnv = {}): Promise<Service> {
  const file = path.join(folder.path, `${name}.json`);
  const stateFile = path.join(folder.path, `${name}.state`);
  const base = { model: 'dig"its', version: '3', file: 'model.onnx', host: '127.0.0.1', port: 0, program: 'test 1' };
  fs.writeFileSync(file, JSON.stringify({ ...base, maxBody: 1_000_000, stateFile, ...settings }));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'server.ts'), file], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  await until(() => child.exitCode !== null || ['ready', 'failed'].includes(stateOf(name).state));
  if (stateOf(name).state === 'failed') {
    if (child.exitCode === null) await once(child, 'exit');
    throw new Error(`ended with ${child.exitCode}`);
  }
  return { child, url: `http://127.0.0.1:${stateOf(name).port}` };
}

function stateOf(name: string): Omit<Partial<ServiceState>, 'state'> & { state: string } {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder.path, `${name}.state`), 'utf8')) as ServiceState;
  } catch {
    return { state: 'none' };
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}
