/**
 * Records what a process asks of the disk, in order: strace (Debian package `strace`) prints every write, truncate and
 * sync of the files in one folder. Acknowledgements are writes to a file there that ends in `.ack`, and so have their
 * place in the same order.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

export type DiskEvent =
  | { readonly kind: 'write'; readonly file: string; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: string; readonly size: number }
  | { readonly kind: 'sync'; readonly file: string }
  | { readonly kind: 'ack'; readonly batch: number };

const CALLS = 'trace=write,pwrite64,ftruncate,fsync,fdatasync';
/** Longer than any write of SQLite's, which are pages. */
const LONGEST_WRITE = 1 << 17;

/** @throws when strace is missing or may not trace, with what it said. */
export async function record(folder: string, command: readonly string[]): Promise<DiskEvent[]> {
  const log = join(folder, 'strace.log');
  const options = ['-f', '--seccomp-bpf', '-qq', '-y', '-xx', '-s', String(LONGEST_WRITE), '-e', CALLS, '-o', log];
  try {
    await promisify(execFile)('strace', [...options, ...command]);
  } catch (error) {
    // The recorded process ends itself by SIGKILL, which strace passes on.
    if (!(error instanceof Error) || !('signal' in error) || error.signal !== 'SIGKILL') throw error;
  }
  return parseTrace(await readFile(log, 'latin1'), folder);
}

/** Syncs count from when they returned, writes from when they were called, so that neither is believed too early. */
export function parseTrace(log: string, folder: string): DiskEvent[] {
  const events: DiskEvent[] = [];
  const unfinished = new Map<string, DiskEvent>();
  for (const line of log.split('\n')) {
    const resumed = /^(\d+) +<\.\.\. (?:fsync|fdatasync) resumed>/.exec(line);
    if (resumed !== null) {
      const event = unfinished.get(resumed[1] ?? '');
      if (event !== undefined) events.push(event);
      unfinished.delete(resumed[1] ?? '');
      continue;
    }
    const call = /^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$/.exec(line);
    if (call === null) continue;
    const path = unescapeHex(call[3] ?? '').toString();
    if (!path.startsWith(`${folder}/`)) continue;
    const event = eventOf(call[2] ?? '', basename(path), call[4] ?? '');
    if (event === undefined) continue;
    if (event.kind === 'sync' && line.endsWith('<unfinished ...>')) unfinished.set(call[1] ?? '', event);
    else events.push(event);
  }
  return events;
}

function eventOf(call: string, file: string, rest: string): DiskEvent | undefined {
  if (call === 'fsync' || call === 'fdatasync') return { kind: 'sync', file };
  if (call === 'ftruncate') return { kind: 'truncate', file, size: Number(/^, (\d+)/.exec(rest)?.[1]) };
  const write = /^, "([^"]*)"(\.\.\.)?, (\d+)(?:, (\d+))?/.exec(rest);
  if (write === null || write[2] !== undefined) throw new Error(`Not a whole write in the trace: ${rest.slice(0, 80)}`);
  const bytes = unescapeHex(write[1] ?? '');
  if (bytes.length !== Number(write[3]))
    throw new Error(`The trace shows ${bytes.length} of ${write[3]} bytes written`);
  if (file.endsWith('.ack')) return { kind: 'ack', batch: Number(bytes.toString()) };
  if (write[4] === undefined) return undefined;
  return { kind: 'write', file, offset: Number(write[4]), bytes };
}

function unescapeHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}
