import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { Static } from 'typebox';
import type { ComputeTarget } from '../../shared/api/tracker.ts';
import { findGpus } from './gpus.ts';

/** This machine as a compute target. Sizes in bytes. */
export async function localTarget(activeRuns: number): Promise<Static<typeof ComputeTarget>> {
  const gpus = await findGpus();
  const cpus = os.availableParallelism();
  const memory = memoryLimit();
  return {
    name: 'local',
    kind: 'local',
    ok: true,
    summary: [
      `${cpus} ${cpus === 1 ? 'core' : 'cores'}`,
      `${Math.round(memory / 1024 ** 3)} GB`,
      gpus.length === 0 ? 'no GPU' : gpuWords(gpus.map(({ name }) => name)),
    ].join(' · '),
    cpus,
    memory,
    memoryFree: Math.min(memory, availableMemory()),
    gpus,
    activeRuns,
  };
}

/** A container may be given less than the machine has. */
function memoryLimit(): number {
  const limited = process.constrainedMemory();
  return limited > 0 && limited < os.totalmem() ? limited : os.totalmem();
}

/** What programs could get; the kernel's caches count as free, which `os.freemem` does not do on Linux. */
function availableMemory(): number {
  try {
    const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Only Linux has this file.
  }
  return os.freemem();
}

function gpuWords(names: readonly string[]): string {
  const [first = ''] = names;
  if (names.every((name) => name === first)) return names.length === 1 ? first : `${names.length} × ${first}`;
  return `${names.length} GPUs`;
}
