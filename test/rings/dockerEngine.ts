import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { cacheFolder } from '../harness/paths.ts';
import { endProcess, isAlive } from '../harness/processes.ts';
import { searchPath, which } from './command.ts';

/** A Docker engine on loan. */
export interface Engine {
  /** What a program needs in its environment to use it. */
  env: Record<string, string>;
  release(): Promise<void>;
}

/**
 * The short-lived state of our own engine. It is one for the machine, because two engines would fight over the bridge,
 * and short, because a socket's path has 108 bytes at most.
 */
const state = '/run/trainyard-test-docker';
const socket = `${state}/docker.sock`;
const pidFile = `${state}/dockerd.pid`;
const leases = `${state}/leases`;

/**
 * The engine of this machine if one answers, else a private one that is started here and ends with its last borrower.
 *
 * @throws {Error} when there is neither, saying why
 */
export async function borrowEngine(): Promise<Engine> {
  const nothing = async () => undefined;
  if (await answers(new Docker())) return { env: {}, release: nothing };
  if (process.env.DOCKER_HOST) throw new Error(`No Docker engine answers at ${process.env.DOCKER_HOST}.`);
  if (process.platform !== 'linux') throw new Error('No Docker engine answers; start Docker Desktop, or the like.');
  if (process.getuid?.() !== 0) throw new Error('No Docker engine answers, and only root can start one.');
  if (!which('dockerd')) throw new Error('No Docker engine is installed.');
  mkdirSync(leases, { recursive: true, mode: 0o700 });
  const lease = path.join(leases, String(process.pid));
  writeFileSync(lease, '');
  try {
    if (!(await answers(ours()))) await start();
  } catch (error) {
    rmSync(lease, { force: true });
    throw error;
  }
  return { env: { DOCKER_HOST: `unix://${socket}` }, release: () => release(lease) };
}

function ours(): Docker {
  return new Docker({ socketPath: socket });
}

async function start(): Promise<void> {
  const failures: string[] = [];
  // A file system inside a container may not carry overlay2; vfs works everywhere and is only slow and large.
  for (const driver of ['overlay2', 'vfs']) {
    const log = path.join(state, `dockerd-${driver}.log`);
    rmSync(pidFile, { force: true });
    const child = spawn(
      which('dockerd') ?? 'dockerd',
      [
        ...['--host', `unix://${socket}`, '--pidfile', pidFile, '--exec-root', `${state}/exec`],
        ...['--data-root', path.join(cacheFolder, 'docker'), '--storage-driver', driver],
        ...['--log-level', 'warn', '--ip', '127.0.0.1'],
      ],
      {
        detached: true,
        env: { ...process.env, PATH: searchPath },
        stdio: ['ignore', openSync(log, 'w'), openSync(log, 'a')],
      },
    );
    child.unref();
    for (let waited = 0; waited < 60_000 && child.exitCode === null && child.signalCode === null; waited += 100) {
      if (await answers(ours())) return;
      await sleep(100);
    }
    if (child.pid) await endProcess(child.pid);
    failures.push(`${driver}: ${readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n')}`);
  }
  throw new Error(`dockerd did not start.\n${failures.join('\n')}`);
}

async function release(lease: string): Promise<void> {
  rmSync(lease, { force: true });
  for (const other of readdirSync(leases)) {
    if (isAlive(Number(other))) return;
    rmSync(path.join(leases, other), { force: true });
  }
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // Containers get their own time to stop before the engine leaves.
  if (pid > 1) await endProcess(pid, 20_000);
  rmSync(state, { recursive: true, force: true });
}

async function answers(docker: Docker): Promise<boolean> {
  try {
    await docker.ping();
    return true;
  } catch {
    return false;
  }
}
