import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ProcessIdentity } from '../../../shared/runDirectory.ts';

const run = promisify(execFile);

/** What /proc/PID/stat says, man 5 proc. `start` is field 22, in clock ticks since boot; times are in clock ticks. */
export interface LinuxStat {
  pid: number;
  name: string;
  state: string;
  ppid: number;
  pgid: number;
  session: number;
  userTicks: number;
  systemTicks: number;
  start: string;
  rssPages: number;
}

/** The process that has this pid now, or undefined if there is none, or only its zombie. */
export async function readProcess(pid: number, platform = process.platform): Promise<ProcessIdentity | undefined> {
  if (platform === 'linux') return readLinuxProcess(pid);
  const describe = platform === 'win32' ? describeWindowsStart(pid) : describePsStart(pid);
  try {
    const { stdout } = await run(describe.file, describe.args, { env: describe.env, windowsHide: true });
    const start = platform === 'win32' ? parseWindowsStart(stdout) : parsePsStart(stdout);
    return start === undefined ? undefined : { pid, start, boot: '' };
  } catch {
    return undefined; // Both programs fail when there is no such process.
  }
}

/** Pid reuse is seen by the start time, another boot by the boot id; a zombie counts as dead. */
export async function isAlive(identity: ProcessIdentity, platform = process.platform): Promise<boolean> {
  if (!answersSignals(identity.pid)) return false;
  const now = await readProcess(identity.pid, platform);
  return now !== undefined && isSame(identity, now);
}

export function isSame(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.start === b.start && a.boot === b.boot;
}

/** Synchronous, two reads of /proc; undefined for a zombie. Linux only. */
export function readLinuxProcess(pid: number): ProcessIdentity | undefined {
  const stat = readLinuxStat(pid);
  return stat === undefined || isDeadState(stat.state) ? undefined : { pid, start: stat.start, boot: linuxBootId() };
}

export function readLinuxStat(pid: number): LinuxStat | undefined {
  try {
    return parseLinuxStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The name stands in parentheses and may hold anything, parentheses and newlines included. */
export function parseLinuxStat(text: string): LinuxStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const rest = text.slice(close + 2).split(' ');
  const [state, ppid, pgid, session] = rest;
  const start = rest[19];
  if (open < 0 || close < open || state === undefined || start === undefined) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state,
    ppid: Number(ppid),
    pgid: Number(pgid),
    session: Number(session),
    userTicks: Number(rest[11]),
    systemTicks: Number(rest[12]),
    start,
    rssPages: Number(rest[21]),
  };
}

export function isDeadState(state: string): boolean {
  return state === 'Z' || state === 'X' || state === 'x';
}

let bootId: string | undefined;

export function linuxBootId(): string {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return bootId;
}

/** UTC and the C locale, so that the text stays equal when the person travels. */
export function describePsStart(pid: number) {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  return { file: 'ps', args: ['-o', 'stat=,lstart=', '-p', String(pid)], env };
}

/** "Ss   Fri Nov 20 20:46:05 2026" → "Fri Nov 20 20:46:05 2026"; single blanks, as wrapper.sh writes it. */
export function parsePsStart(text: string): string | undefined {
  const [state, ...start] = text.trim().split(/\s+/);
  return state === undefined || state.startsWith('Z') || start.length !== 5 ? undefined : start.join(' ');
}

export function describeWindowsStart(pid: number) {
  const command = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
  const args = ['-NoProfile', '-NonInteractive', '-Command', command];
  return { file: 'powershell.exe', args, env: process.env };
}

/** A FILETIME without its last digit: microseconds are what every Windows interface agrees on. */
export function parseWindowsStart(text: string): string | undefined {
  return /^\s*(\d{14,19})\d\s*$/.exec(text)?.[1];
}

/** True also for another user's process, which may not be signalled but exists. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
