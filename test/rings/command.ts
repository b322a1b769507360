import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { root } from '../harness/paths.ts';
import { endProcess, signal } from '../harness/processes.ts';

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** After this long the command and everything in its group is ended. Default: 15 minutes. */
  timeoutMs?: number;
}

/**
 * Runs a program with our own output and returns its exit code.
 *
 * @throws {Error} when it cannot be started or runs out of time
 */
export async function run(program: string, args: string[], options: CommandOptions = {}): Promise<number> {
  const child = spawn(program, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own, so that a hanging test's children can be ended too.
    detached: process.platform !== 'win32',
  });
  const group = child.pid && process.platform !== 'win32' ? -child.pid : (child.pid ?? 0);
  const passOn = () => signal(group, 'SIGTERM');
  process.once('SIGINT', passOn);
  process.once('SIGTERM', passOn);
  let tooLate = false;
  const timer = setTimeout(() => {
    tooLate = true;
    void endProcess(group);
  }, options.timeoutMs ?? 900_000);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, name) => resolve(name ? 128 : (exitCode ?? 1)));
    });
    if (tooLate) throw new Error(`${path.basename(program)} ${args[0] ?? ''} did not end in time and was stopped.`);
    return code;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', passOn);
    process.off('SIGTERM', passOn);
  }
}

/** PATH, and where Debian keeps dockerd, iptables and the like. */
export const searchPath = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(path.delimiter);

/** Where a program is on PATH, or among the system's own programs, which a plain PATH leaves out. */
export function which(program: string): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  const folders = searchPath.split(path.delimiter).filter(Boolean);
  const candidates = folders.flatMap((folder) => endings.map((ending) => path.join(folder, program + ending)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
