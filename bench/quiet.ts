import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 1000;
/** For all measurements together. */
const PATIENCE_MS = 120_000;
/** Share of the processors that others may use. */
const QUIET = 0.15;

let waited = 0;
let busiest = 0;

/** Waits until nobody else uses the machine, or patience is at its end; what it found is told by `howQuiet`. */
export async function awaitQuiet(): Promise<void> {
  for (;;) {
    const share = await busyShare();
    if (share <= QUIET || waited >= PATIENCE_MS) {
      busiest = Math.max(busiest, share);
      return;
    }
    waited += LOOK_MS;
  }
}

/** One line for beside the results: the machine, and how busy it was at worst when a measurement began. */
export function howQuiet(): string {
  const { length } = os.cpus();
  const worst = `${Math.round(busiest * 100)} % busy at worst before a measurement`;
  const load = os.loadavg()[0]?.toFixed(2) ?? '?';
  return `${length} processors, ${os.type()} ${os.release()}, Node ${process.version}; ${worst}; load average ${load}.`;
}

async function busyShare(): Promise<number> {
  const before = times();
  await sleep(LOOK_MS);
  const after = times();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

function times(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of os.cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, all };
}
