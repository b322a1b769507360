import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import type { ProcessIdentity } from '../../shared/runDirectory.ts';
import { listTree, type RunTree } from './processTree.ts';
import { describePsUsage, parsePsUsage, runPs } from './psUsage.ts';
import { isDeadState, type LinuxStat, linuxBootId, readLinuxStat } from './wrapper/processIdentity.ts';

/** What a run's processes use together at one moment. */
export interface TreeSample {
  /** Unix time, milliseconds. */
  timeMs: number;
  processes: number;
  /** Since the sample before: 100 is one core kept busy. Absent in the first sample, which has nothing before it. */
  cpuPercent?: number;
  /** Sum of the resident sizes; memory that processes share is counted once for each. */
  rssBytes: number;
  /** Highest `rssBytes` so far. */
  peakRssBytes: number;
}

export interface TreeSampler {
  /** undefined when no process of the run is left, or none can be read. */
  sample(): Promise<TreeSample | undefined>;
  /** Every process that was seen and may still live; `endTree` takes them as `known`. */
  known(): ProcessIdentity[];
}

/** Ticks a second in /proc/PID/stat: fixed for programs by the kernel's interface, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

/** Between these, descendants are found from parent to child; daemons are looked for only every so many samples. */
const FULL_LOOK_EVERY = 15;

interface Usage {
  key: string;
  identity: ProcessIdentity;
  cpuSeconds: number;
  rssBytes: number;
}

/** Reads only what it needs: about 0.2 ms for nine processes on Linux, one `ps` on macOS, nothing on Windows yet. */
export function createTreeSampler(tree: RunTree, platform: NodeJS.Platform = process.platform): TreeSampler {
  let known: ProcessIdentity[] = tree.child === undefined ? [] : [tree.child];
  let before: { clockMs: number; cpu: Map<string, number> } | undefined;
  let peakRssBytes = 0;
  let count = 0;

  const roots = async () => {
    if (count++ % FULL_LOOK_EVERY === 0) known = await listTree({ ...tree, known });
    return known;
  };

  return {
    known: () => known,
    async sample() {
      if (platform === 'win32') return undefined;
      const usages = platform === 'linux' ? readLinuxUsages(await roots()) : await readPsUsages(await roots());
      if (usages.length === 0) return undefined;
      known = usages.map(({ identity }) => identity);
      const clockMs = performance.now();
      const cpu = new Map(usages.map(({ key, cpuSeconds }) => [key, cpuSeconds]));
      const rssBytes = usages.reduce((sum, usage) => sum + usage.rssBytes, 0);
      peakRssBytes = Math.max(peakRssBytes, rssBytes);
      const sample: TreeSample = { timeMs: Date.now(), processes: usages.length, rssBytes, peakRssBytes };
      if (before !== undefined && clockMs > before.clockMs) {
        let seconds = 0;
        // A process that is new since then has used all of its time since then.
        for (const [key, value] of cpu) seconds += Math.max(0, value - (before.cpu.get(key) ?? 0));
        sample.cpuPercent = (seconds / ((clockMs - before.clockMs) / 1000)) * 100;
      }
      before = { clockMs, cpu };
      return sample;
    },
  };
}

/** Samples until stopped. A sample that takes longer than the pause delays the next one instead of piling up. */
export function startSampling(
  sampler: TreeSampler,
  everyMs: number,
  onSample: (sample: TreeSample) => void,
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const tick = async (): Promise<void> => {
    const sample = await sampler.sample().catch(() => undefined);
    if (stopped) return;
    if (sample !== undefined) onSample(sample);
    timer = setTimeout(() => void tick(), everyMs).unref();
  };
  void tick();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function readLinuxUsages(roots: readonly ProcessIdentity[]): Usage[] {
  const usages = new Map<number, Usage>();
  const boot = linuxBootId();
  const visit = (pid: number, expected?: ProcessIdentity): void => {
    if (usages.has(pid) || pid === process.pid) return;
    const stat = readLinuxStat(pid);
    if (stat === undefined || isDeadState(stat.state)) return;
    if (expected !== undefined && (stat.start !== expected.start || boot !== expected.boot)) return;
    usages.set(pid, toUsage(stat, boot));
    for (const child of readLinuxChildren(pid)) visit(child);
  };
  for (const root of roots) visit(root.pid, root);
  return [...usages.values()];
}

function toUsage(stat: LinuxStat, boot: string): Usage {
  return {
    key: `${stat.pid} ${stat.start}`,
    identity: { pid: stat.pid, start: stat.start, boot },
    cpuSeconds: (stat.userTicks + stat.systemTicks) / TICKS_PER_SECOND,
    rssBytes: stat.rssPages * pageBytes(),
  };
}

/** Each thread lists the children that it started itself. Kernels without CONFIG_PROC_CHILDREN list none. */
function readLinuxChildren(pid: number): number[] {
  try {
    const children: number[] = [];
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim();
      if (text !== '') children.push(...text.split(' ').map(Number));
    }
    return children;
  } catch {
    return [];
  }
}

let page: number | undefined;

/** 4 KiB, but 16 or 64 on some ARM machines; Node does not say, the first mapping of any process does. */
function pageBytes(): number {
  if (page === undefined) {
    const kib = /^KernelPageSize:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps', 'latin1'))?.[1];
    page = (kib === undefined ? 4 : Number(kib)) * 1024;
  }
  return page;
}

async function readPsUsages(roots: readonly ProcessIdentity[]): Promise<Usage[]> {
  const rows = parsePsUsage(await runPs(describePsUsage()));
  const byPid = new Map(rows.map((row) => [row.pid, row]));
  const usages = new Map<number, Usage>();
  const visit = (pid: number): void => {
    const row = byPid.get(pid);
    if (row === undefined || usages.has(pid)) return;
    const identity = { pid, start: row.start, boot: '' };
    usages.set(pid, { key: `${pid} ${row.start}`, identity, cpuSeconds: row.cpuSeconds, rssBytes: row.rssBytes });
    for (const child of rows) if (child.ppid === pid) visit(child.pid);
  };
  for (const root of roots) if (byPid.get(root.pid)?.start === root.start) visit(root.pid);
  return [...usages.values()];
}

/** What the machine has, for the share that a run uses of it. */
export function machineCapacity(): { cpus: number; memoryBytes: number } {
  return { cpus: os.availableParallelism(), memoryBytes: os.totalmem() };
}
