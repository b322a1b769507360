import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGpus } from './gpus.ts';
import { localTarget } from './localTarget.ts';

test('GPUs are read from the words of NVIDIA’s tool', () => {
  assert.deepEqual(parseGpus('NVIDIA H100 80GB HBM3, 81559\nTesla, special, 16384\n\nFailed to initialize NVML\n'), [
    { name: 'NVIDIA H100 80GB HBM3', memory: 81_559 * 1024 * 1024 },
    { name: 'Tesla, special', memory: 16_384 * 1024 * 1024 },
  ]);
});

test('this machine is a target', async () => {
  const target = await localTarget(3);
  assert.equal(target.name, 'local');
  assert.equal(target.activeRuns, 3);
  assert.ok(target.cpus >= 1 && target.memory > 0 && target.memoryFree > 0 && target.memoryFree <= target.memory);
  assert.match(target.summary, /^\d+ cores? · \d+ GB · /);
});
