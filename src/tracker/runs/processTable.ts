import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type ProcessIdentity, RUN_ENV } from '../../shared/runDirectory.ts';
import { isDeadState, linuxBootId, parseLinuxStat } from './wrapper/processIdentity.ts';

const run = promisify(execFile);

export interface ProcessEntry extends ProcessIdentity {
  ppid: number;
  /** Process group and session; 0 where the system has none or does not say. */
  pgid: number;
  session: number;
}

/** All living processes at one moment, zombies left out. */
export interface ProcessTable {
  readonly entries: ReadonlyMap<number, ProcessEntry>;
  /** Whether a process was started with `TRAINYARD_RUN_ID` of this run; false where it may not be read. */
  isMarked(pid: number, runId: string): boolean;
}

/** Rejects only if the system's own lister cannot be run at all. */
export async function readProcessTable(platform = process.platform): Promise<ProcessTable> {
  if (platform === 'linux') return readLinuxTable();
  return platform === 'win32' ? readWindowsTable() : readPsTable();
}

function readLinuxTable(): ProcessTable {
  const entries = new Map<number, ProcessEntry>();
  const boot = linuxBootId();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = parseLinuxStat(readQuietly(`/proc/${name}/stat`));
    if (stat === undefined || isDeadState(stat.state)) continue;
    const { pid, start, ppid, pgid, session } = stat;
    entries.set(pid, { pid, start, boot, ppid, pgid, session });
  }
  return { entries, isMarked: (pid, runId) => hasMark(readQuietly(`/proc/${pid}/environ`), '\0', runId) };
}

/** macOS: two calls, one for the family, one for the environments of the person's own processes. */
async function readPsTable(): Promise<ProcessTable> {
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run('ps', PS_FAMILY, options);
  const environments = await run('ps', PS_ENVIRONMENTS, options).catch(() => ({ stdout: '' }));
  const lines = new Map<number, string>();
  for (const line of environments.stdout.split('\n')) lines.set(Number.parseInt(line, 10), line);
  return {
    entries: parsePsFamily(stdout),
    isMarked: (pid, runId) => hasMark(lines.get(pid) ?? '', ' ', runId),
  };
}

export const PS_FAMILY = ['-Ao', 'pid=,ppid=,pgid=,stat=,lstart='];
export const PS_ENVIRONMENTS = ['-AEww', '-o', 'pid=,command='];

/** Lines such as "  501   1   501 Ss   Fri Nov 20 20:46:05 2026". */
export function parsePsFamily(text: string): Map<number, ProcessEntry> {
  const entries = new Map<number, ProcessEntry>();
  for (const line of text.split('\n')) {
    const [pid, ppid, pgid, state, ...start] = line.trim().split(/\s+/);
    if (start.length !== 5 || state === undefined || state.startsWith('Z')) continue;
    const entry = { pid: Number(pid), ppid: Number(ppid), pgid: Number(pgid), session: 0, start: start.join(' ') };
    entries.set(entry.pid, { ...entry, boot: '' });
  }
  return entries;
}

async function readWindowsTable(): Promise<ProcessTable> {
  const args = ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_FAMILY];
  const { stdout } = await run('powershell.exe', args, { windowsHide: true, maxBuffer: 64 * 1024 * 1024 });
  return { entries: parseWindowsFamily(stdout), isMarked: () => false };
}

export const WINDOWS_FAMILY =
  'Get-CimInstance Win32_Process | Where-Object CreationDate | ForEach-Object ' +
  '{ "$($_.ProcessId) $($_.ParentProcessId) $($_.CreationDate.ToFileTimeUtc())" }';

/**
 * Windows keeps a parent's pid after the parent is gone and the pid is somebody else's: a child older than its parent
 * is no child. CIM knows microseconds, so the last digit of the FILETIME is dropped here and in `parseWindowsStart`.
 */
export function parseWindowsFamily(text: string): Map<number, ProcessEntry> {
  const entries = new Map<number, ProcessEntry>();
  for (const match of text.matchAll(/^(\d+) (\d+) (\d{15,20})\r?$/gm)) {
    const [, pid = '', ppid = '', start = ''] = match;
    if (pid === '0') continue;
    const entry = { pid: Number(pid), ppid: Number(ppid), pgid: 0, session: 0, start: start.slice(0, -1), boot: '' };
    entries.set(entry.pid, entry);
  }
  for (const entry of entries.values()) {
    const parent = entries.get(entry.ppid);
    if (parent !== undefined && BigInt(parent.start) > BigInt(entry.start)) entry.ppid = 0;
  }
  return entries;
}

function hasMark(environment: string, separator: string, runId: string): boolean {
  return `${separator}${environment}${separator}`.includes(`${separator}${RUN_ENV.runId}=${runId}${separator}`);
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // Gone in the meantime, or somebody else's.
  }
}
