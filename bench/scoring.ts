// What a service costs: predictions over HTTP beside a bare Node server with the same answer, and beside onnxruntime
// without HTTP. `node bench/scoring.ts [--seconds N] [--json FILE]`
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadOnnxModel } from '../src/scoring/onnxModel.ts';
import type { ServiceState } from '../src/scoring/serviceFile.ts';
import { linear } from '../test/fixtures/onnx.ts';
import { type BenchRecord, report } from './table.ts';

const root = path.resolve(import.meta.dirname, '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-scoring-'));
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 3;
const body = JSON.stringify({ instances: [[1, 2, 3]] });
const answer = JSON.stringify({ predictions: { Y: [[4.5, 4.5]] } });
const bare = `require('node:http').createServer((q,r)=>{let b='';q.on('data',c=>b+=c).on('end',()=>{JSON.parse(b);r.writeHead(200,{'content-type':'application/json','content-length':${answer.length}});r.end('${answer}')})}).listen(0,'127.0.0.1',function(){console.log(this.address().port)})`;

const children: ChildProcess[] = [];
try {
  const began = performance.now();
  const service = await startService();
  const ready = performance.now() - began;
  const peer = await startBare();
  const records: BenchRecord[] = [{ name: 'start of a local service until ready', unit: 'ms', value: ready }];
  for (const connections of [1, 16]) {
    await load(service, connections, 0.5);
    const ours = await load(service, connections, seconds);
    await load(peer, connections, 0.5);
    const theirs = await load(peer, connections, seconds);
    const at = `${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    records.push(
      {
        name: `predictions, ${at} (peer: bare Node)`,
        unit: '1/s',
        value: ours.rate,
        peer: theirs.rate,
        ratio: ours.rate / theirs.rate,
      },
      {
        name: `median latency, ${at} (peer: bare Node)`,
        unit: 'ms',
        value: ours.p50,
        peer: theirs.p50,
        ratio: theirs.p50 / ours.p50,
      },
      {
        name: `99 % latency, ${at} (peer: bare Node)`,
        unit: 'ms',
        value: ours.p99,
        peer: theirs.p99,
        ratio: theirs.p99 / ours.p99,
      },
    );
  }
  records.push({ name: 'one prediction without HTTP', unit: 'ms', value: await direct() });
  report('Scoring service, a linear model of three inputs', records);
} finally {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
}

/** The bundle, as it is installed, or the source where nothing is built. */
async function startService(): Promise<number> {
  const bundle = path.join(root, 'dist/scoring/server.cjs');
  const program = fs.existsSync(bundle) ? bundle : path.join(root, 'src/scoring/server.ts');
  const file = path.join(folder, 'service.json');
  const stateFile = path.join(folder, 'state.json');
  fs.writeFileSync(path.join(folder, 'model.onnx'), linear());
  const base = { model: 'bench', version: '1', file: 'model.onnx', host: '127.0.0.1', port: 0, program: 'bench' };
  fs.writeFileSync(file, JSON.stringify({ ...base, stateFile }));
  children.push(spawn(process.execPath, [program, file], { stdio: 'ignore' }));
  for (;;) {
    const state = fs.existsSync(stateFile)
      ? (JSON.parse(fs.readFileSync(stateFile, 'utf8')) as ServiceState)
      : undefined;
    if (state?.state === 'ready' && state.port !== undefined) return state.port;
    await sleep(2);
  }
}

async function startBare(): Promise<number> {
  const child = spawn(process.execPath, ['-e', bare], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(String(text)))));
}

/** Keeps one request in flight on each connection. A socket and no more, because a client library costs as much as a server. */
async function load(
  port: number,
  connections: number,
  duration: number,
): Promise<{ rate: number; p50: number; p99: number }> {
  const head = 'POST /invocations HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n';
  const request = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const times: number[] = [];
  const until = performance.now() + duration * 1000;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      let sent = 0;
      const socket = net.connect(port, '127.0.0.1', next);
      socket.setNoDelay(true);
      socket.on('error', reject).on('data', (data) => {
        if (!data.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) reject(new Error(String(data)));
        times.push(performance.now() - sent);
        if (sent < until) next();
        else socket.end(() => resolve());
      });
      function next(): void {
        sent = performance.now();
        socket.write(request);
      }
    });
  await Promise.all(Array.from({ length: connections }, one));
  times.sort((a, b) => a - b);
  const at = (q: number) => times[Math.floor(q * times.length)] ?? 0;
  return { rate: times.length / duration, p50: at(0.5), p99: at(0.99) };
}

async function direct(): Promise<number> {
  const model = await loadOnnxModel(path.join(folder, 'model.onnx'));
  const input = { instances: [[1, 2, 3]] };
  for (let warm = 0; warm < 1000; warm++) await model.predict(input);
  const began = performance.now();
  for (let count = 0; count < 5000; count++) await model.predict(input);
  return (performance.now() - began) / 5000;
}
