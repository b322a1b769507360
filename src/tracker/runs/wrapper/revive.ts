import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTrackerPid, HOME_FILES, parseTrackerPid } from '../../../shared/homeFiles.ts';
import { isAlive, readProcess } from './processIdentity.ts';

const LONGEST_WAIT_S = 60;
const STARTING_S = 20;

/**
 * While a run lives, brings a dead tracker of `home` back, one wrapper at a time, with growing pauses. A tracker that
 * removed its tracker.pid left on purpose and is not brought back. Ends when `signal` aborts; never rejects.
 */
export async function watchTracker(home: string, pollSeconds: number, signal: AbortSignal): Promise<void> {
  let waitS = 1;
  while (!signal.aborted) {
    await sleep(waitS * 1000, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    if (await trackerAlive(home)) waitS = Math.min(waitS * 2, pollSeconds);
    else {
      await revive(home, signal).catch(() => undefined);
      if (!(await trackerAlive(home))) waitS = Math.min(waitS * 2, LONGEST_WAIT_S);
    }
  }
}

async function trackerAlive(home: string): Promise<boolean> {
  const text = readText(join(home, HOME_FILES.trackerPid));
  const identity = text === undefined ? undefined : parseTrackerPid(text);
  return identity === undefined || isAlive(identity);
}

async function revive(home: string, signal: AbortSignal): Promise<void> {
  const lock = join(home, HOME_FILES.reviveLock);
  if (!(await takeLock(lock))) return;
  try {
    if (await trackerAlive(home)) return;
    startTracker(home);
    for (let waited = 0; waited < STARTING_S && !signal.aborted && !(await trackerAlive(home)); waited++) {
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Making a directory succeeds for one of many; a lock whose owner is dead is renamed away, for the next attempt. */
async function takeLock(lock: string): Promise<boolean> {
  const ownerFile = join(lock, 'owner');
  try {
    mkdirSync(lock);
  } catch {
    const owner = parseTrackerPid(readText(ownerFile) ?? '');
    if (owner !== undefined && !(await isAlive(owner))) {
      const stale = `${lock}.stale.${process.pid}`;
      renameSync(lock, stale);
      rmSync(stale, { recursive: true, force: true });
    }
    return false;
  }
  const self = await readProcess(process.pid);
  if (self !== undefined) writeFileSync(ownerFile, formatTrackerPid(self));
  return true;
}

/** revive.json: {"argv": [program, argument...], "env": {name: value}}, written by the tracker itself. */
function startTracker(home: string): void {
  const parsed: unknown = JSON.parse(readText(join(home, HOME_FILES.reviveJson)) ?? 'null');
  if (typeof parsed !== 'object' || parsed === null || !('argv' in parsed) || !Array.isArray(parsed.argv)) return;
  const [file, ...args] = parsed.argv.filter((word) => typeof word === 'string');
  if (file === undefined) return;
  const env: NodeJS.ProcessEnv = { ...process.env };
  if ('env' in parsed && typeof parsed.env === 'object' && parsed.env !== null) {
    for (const [name, value] of Object.entries(parsed.env)) if (typeof value === 'string') env[name] = value;
  }
  const child = spawn(file, args, { cwd: home, env, detached: true, stdio: 'ignore', windowsHide: true });
  child.on('error', () => undefined);
  child.unref();
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
