import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../shared/api/problem.ts';
import type { Discovery } from '../shared/discovery.ts';
import { EXIT_ALREADY_RUNNING } from '../shared/homeFiles.ts';
import { readDiscovery } from './discovery.ts';
import { ensureRuntime } from './runtime.ts';
import { trackerEnvironment } from './trackerEnvironment.ts';

const POLL_MS = 10;
const MOST_OUTPUT = 4 * 1024 * 1024;

export interface StartOptions {
  readonly home: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly port?: number | undefined;
  readonly deadline: number;
}

/** What Node is told. Young objects are collected early: the tracker makes many and keeps few, and stays smaller. */
export const TRACKER_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

/** Compiled code is kept between starts, which is a good part of the time until it listens. */
export function compiledCode(home: string): { readonly NODE_COMPILE_CACHE: string } {
  return { NODE_COMPILE_CACHE: path.join(home, 'runtime', 'compiled') };
}

/**
 * Starts a detached tracker and waits until it listens.
 *
 * @returns its discovery; undefined when another process was faster and its tracker is now the one
 * @throws Problem `unreachable` with the tracker's own words when it ends instead of listening.
 */
export async function startTracker(options: StartOptions): Promise<Discovery | undefined> {
  const { home, env, port, deadline } = options;
  const output = openOutput(home);
  const args = [
    ...TRACKER_FLAGS,
    ensureRuntime(home),
    '--home',
    home,
    ...(port === undefined ? [] : ['--port', String(port)]),
  ];
  const spawnedAt = Date.now();
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { ...trackerEnvironment(env), ...compiledCode(home) },
    detached: true,
    stdio: ['ignore', output.descriptor, output.descriptor],
    windowsHide: true,
  });
  fs.closeSync(output.descriptor);
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  await Promise.race([once(child, 'spawn'), once(child, 'error')]).catch(() => undefined);
  child.unref();
  for (;;) {
    const discovery = readDiscovery(home);
    if (discovery !== undefined && discovery.pid === child.pid) return discovery;
    // Somebody was faster; our own, late as it is, finds that out and leaves by itself.
    if (discovery !== undefined && discovery.startedAt >= spawnedAt) return undefined;
    if (child.exitCode === EXIT_ALREADY_RUNNING) return undefined;
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) {
      const words = failure?.message ?? (output.since() || `It ended with ${child.exitCode ?? child.signalCode}.`);
      throw new Problem('unreachable', `The tracker could not be started: ${words}`, {
        hint: `Its log is in ${path.join(home, 'logs')}.`,
        cause: failure,
      });
    }
    if (Date.now() > deadline) {
      throw new Problem('unreachable', 'The tracker was started but does not listen yet.', {
        hint: `Its log is in ${path.join(home, 'logs')}.`,
      });
    }
    await sleep(POLL_MS);
  }
}

/** What the process prints before its log is open, or when it dies: its own file, kept small. */
function openOutput(home: string): { descriptor: number; since(): string } {
  const folder = path.join(home, 'logs');
  makeHome(home, folder);
  const file = path.join(folder, 'tracker.out');
  const size = fs.existsSync(file) ? fs.statSync(file).size : 0;
  if (size > MOST_OUTPUT) fs.renameSync(file, `${file}.old`);
  const start = size > MOST_OUTPUT ? 0 : size;
  return {
    descriptor: fs.openSync(file, 'a', 0o600),
    since: () => fs.readFileSync(file).subarray(start).toString('utf8').trim().slice(-2000),
  };
}

function makeHome(home: string, folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Problem('unreachable', `The Trainyard home ${home} cannot be made: ${(cause as Error).message}.`, {
      hint: 'Choose another place with the variable TRAINYARD_HOME or with `--home`.',
      cause,
    });
  }
}
