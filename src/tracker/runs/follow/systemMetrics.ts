import type { ProcessIdentity } from '../../../shared/runDirectory.ts';
import type { MetricPoint } from '../../metrics/points.ts';
import { runTree } from '../control/endRunProcesses.ts';
import type { GpuSample } from '../gpuSampler.ts';
import { startGpuSampling } from '../gpuSampler.ts';
import { memoryInUse } from '../memoryInUse.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import { createTreeSampler, type TreeSample, type TreeSampler } from '../sampler.ts';

const TICK_MS = 1000;
/** A young run is looked at every second, an old one less often: [age up to, pause], milliseconds. */
const PAUSES: readonly (readonly [number, number])[] = [
  [60_000, 1000],
  [600_000, 2000],
  [Number.POSITIVE_INFINITY, 5000],
];

/** What the processes of a run may use together, and what to do when they use more. */
export interface MemoryLimit {
  readonly bytes: number;
  reached(): void;
}

interface Sampled {
  readonly scope: RunScope;
  readonly run: string;
  readonly startedAt: number;
  readonly sampler: TreeSampler;
  readonly limit: MemoryLimit | undefined;
  dueAt: number;
}

/**
 * Samples what the processes of all followed runs use, and the GPUs of the machine, as metrics below `system/`: cpu in
 * percent (100 is one core), memory in bytes; the step is the age of the run in seconds. One timer and one commit for
 * all runs.
 */
export class SystemMetrics {
  readonly #runs = new Map<string, Sampled>();
  readonly #gpus = new Map<number, GpuSample>();
  #gpuSampling: { stop(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  add(scope: RunScope, run: string, startedAt: number, limit?: MemoryLimit): void {
    if (this.#runs.has(run)) return;
    const sampler = createTreeSampler(runTree(runDirectory(scope, run), run));
    this.#runs.set(run, { scope, run, startedAt, sampler, limit, dueAt: 0 });
    this.#gpuSampling ??= startGpuSampling((sample) => this.#gpus.set(sample.index, sample));
    this.#timer ??= setTimeout(() => void this.#tick(), TICK_MS / 4).unref();
  }

  remove(run: string): void {
    this.#runs.delete(run);
    if (this.#runs.size === 0) this.stop();
  }

  /** Every process of the run that was seen. */
  known(run: string): readonly ProcessIdentity[] {
    return this.#runs.get(run)?.sampler.known() ?? [];
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#gpuSampling?.stop();
    this.#gpuSampling = undefined;
    this.#gpus.clear();
  }

  async #tick(): Promise<void> {
    const now = Date.now();
    const due = [...this.#runs.values()].filter(({ dueAt }) => dueAt <= now);
    const writes: Promise<void>[] = [];
    for (const each of due) {
      each.dueAt = now + pauseOf(now - each.startedAt) - TICK_MS / 4;
      const sample = await each.sampler.sample().catch(() => undefined);
      if (sample !== undefined) await checkMemory(each, sample);
      if (sample !== undefined) writes.push(this.#write(each, this.#points(each, sample)));
    }
    // A write that fails (a full disk) costs one sample; nobody waits for it.
    await Promise.allSettled(writes);
    if (this.#runs.size === 0 || this.#timer === undefined) return;
    // Stopped and begun anew meanwhile, it has a timer that waits already.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tick(), TICK_MS).unref();
  }

  async #write({ scope, run }: Sampled, points: MetricPoint[]): Promise<void> {
    await scope.store.writer.write(() => scope.metrics.append(run, points));
    scope.notices.metrics(
      run,
      points.map(({ key }) => key),
    );
  }

  #points({ startedAt }: Sampled, sample: TreeSample): MetricPoint[] {
    const timestamp = sample.timeMs;
    const step = Math.max(0, Math.round((timestamp - startedAt) / 1000));
    const values: [string, number | undefined][] = [
      ['cpu', sample.cpuPercent],
      ['memory', sample.rssBytes],
      ['processes', sample.processes],
    ];
    for (const gpu of this.#gpus.values()) {
      const name = this.#gpus.size === 1 ? 'gpu' : `gpu${gpu.index}`;
      values.push([`${name}/utilization`, gpu.utilization], [`${name}/memory`, gpu.memoryUsedBytes]);
      values.push([`${name}/power`, gpu.powerWatts], [`${name}/temperature`, gpu.temperatureCelsius]);
    }
    return values.flatMap(([name, value]) =>
      value === undefined ? [] : [{ key: `system/${name}`, step, timestamp, value }],
    );
  }
}

function pauseOf(age: number): number {
  return PAUSES.find(([upTo]) => age < upTo)?.[1] ?? 5000;
}

/** The sum of the resident sizes counts shared memory again and again: near the limit it is looked at more closely. */
async function checkMemory({ limit, sampler }: Sampled, sample: TreeSample): Promise<void> {
  if (limit === undefined || sample.rssBytes <= limit.bytes) return;
  const used = (await memoryInUse(sampler.known())) ?? sample.rssBytes;
  if (used > limit.bytes) limit.reached();
}
