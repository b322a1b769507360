import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process exists and is more than an unreaped zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statOf(pid)?.state !== 'Z';
}

/**
 * Ends a process (or, with a negative pid, a group) politely, then by force.
 *
 * @param graceMs how long it may take to leave after SIGTERM
 */
export async function endProcess(pid: number, graceMs = 3000): Promise<void> {
  signal(pid, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (isAlive(Math.abs(pid)) && Date.now() < deadline) await sleep(25);
  signal(pid, 'SIGKILL');
  while (isAlive(Math.abs(pid)) && Date.now() < deadline + 5000) await sleep(25);
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has left already.
  }
}

/** The living descendants of a process whose command line contains a text. Linux only; elsewhere empty. */
export function descendants(ancestor: number, commandPart = ''): number[] {
  const parents = new Map<number, number>();
  for (const entry of procEntries()) {
    const stat = statOf(entry);
    if (stat && stat.state !== 'Z') parents.set(entry, stat.parent);
  }
  const isBelow = (pid: number): boolean => {
    for (let up = parents.get(pid); up !== undefined && up > 1; up = parents.get(up)) if (up === ancestor) return true;
    return false;
  };
  return [...parents.keys()].filter((pid) => isBelow(pid) && commandLine(pid).includes(commandPart));
}

/** The arguments of a process, separated by blanks; empty when it is gone or the system does not tell. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function procEntries(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function statOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may itself hold blanks and brackets.
    const [state = '', parent = '0'] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
