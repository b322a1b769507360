import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GpuSample, parseGpuLine, startGpuSampling } from './gpuSampler.ts';
import { endTree } from './processTree.ts';
import { parsePsTime, parsePsUsage } from './psUsage.ts';
import { createTreeSampler, startSampling, type TreeSample } from './sampler.ts';
import { readLinuxProcess } from './wrapper/processIdentity.ts';

const linux = { skip: process.platform === 'linux' ? false : 'reads /proc' };

test('a busy tree of processes is seen as what it is', linux, async (t) => {
  const code = `
import os, time
block = bytearray(os.urandom(1 << 20)) * 60
if os.fork():
    time.sleep(60)
while True: pass`;
  const child = spawn('python3', ['-c', code], { stdio: 'ignore' });
  const identity = readLinuxProcess(child.pid ?? 0);
  assert.ok(identity !== undefined);
  const tree = { runId: 'sampler-test', child: identity };
  t.after(() => endTree(tree, { graceMs: 0 }));
  const sampler = createTreeSampler(tree);
  const samples: TreeSample[] = [];
  const sampling = startSampling(sampler, 100, (sample) => samples.push(sample));
  t.after(() => sampling.stop());
  const enough = (sample: TreeSample) => sample.processes === 2 && (sample.cpuPercent ?? 0) > 5;
  while (!samples.some(enough)) await sleep(20);
  const last = samples.find(enough);
  assert.ok(last !== undefined && last.rssBytes > 100 * 1024 * 1024 && last.peakRssBytes >= last.rssBytes);
  assert.equal(samples[0]?.cpuPercent, undefined);
  assert.equal(sampler.known().length, 2);
  sampling.stop();
  assert.deepEqual(await endTree({ ...tree, known: sampler.known() }, { graceMs: 0 }), []);
  assert.equal(await sampler.sample(), undefined);
});

test("macOS' ps is understood", () => {
  const text =
    '  501     1 Ss    10240   1:02.50 Fri Nov 20 20:46:05 2026\n  502   501 Z         0   0:00.00 Fri Nov 20 20:46:06 2026\n';
  const row = { pid: 501, ppid: 1, rssBytes: 10_485_760, cpuSeconds: 62.5, start: 'Fri Nov 20 20:46:05 2026' };
  assert.deepEqual(parsePsUsage(text), [row]);
  assert.deepEqual(['0:00.01', '01:01:02', '2-01:01:02'].map(parsePsTime), [0.01, 3662, 176_462]);
});

test('what nvidia-smi says, and what it cannot say', () => {
  assert.deepEqual(parseGpuLine('0, 37, 1024, 81559, 120.51, 41, NVIDIA H100 80GB HBM3', 5), {
    timeMs: 5,
    index: 0,
    name: 'NVIDIA H100 80GB HBM3',
    utilization: 37,
    memoryUsedBytes: 1_073_741_824,
    memoryTotalBytes: 81_559 * 1024 * 1024,
    powerWatts: 120.51,
    temperatureCelsius: 41,
  });
  const partial = parseGpuLine('1, [N/A], [Not Supported], [Unknown Error], [N/A], [N/A], A, B', 5);
  assert.deepEqual(partial, { timeMs: 5, index: 1, name: 'A, B' });
  assert.equal(parseGpuLine('No devices were found', 5), undefined);
  assert.equal(parseGpuLine('', 5), undefined);
});

test('GPUs are followed through one process, and a machine without the program is quiet', async (t) => {
  startGpuSampling(() => assert.fail(), { file: 'no-such-nvidia-smi', args: [] }).stop();
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-gpu-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const fake = join(folder, 'nvidia-smi');
  writeFileSync(fake, '#!/bin/sh\nwhile :; do echo "0, 10, 1, 2, 3.0, 4, Fake"; sleep 0.05; done\n');
  chmodSync(fake, 0o755);
  const samples: GpuSample[] = [];
  const sampling = startGpuSampling((sample) => samples.push(sample), { file: fake, args: [] });
  while (samples.length < 3) await sleep(10);
  sampling.stop();
  assert.equal(samples[2]?.utilization, 10);
});
