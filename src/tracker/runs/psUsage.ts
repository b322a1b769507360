import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface PsUsage {
  pid: number;
  ppid: number;
  rssBytes: number;
  cpuSeconds: number;
  start: string;
}

/** macOS has no /proc: one `ps` for all processes, about 6 ms. */
export function describePsUsage() {
  return { file: 'ps', args: ['-Ao', 'pid=,ppid=,stat=,rss=,time=,lstart='] };
}

export async function runPs({ file, args }: { file: string; args: string[] }): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const { stdout } = await run(file, args, { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Lines such as "  501     1 S+    10240   1:02.50 Fri Nov 20 20:46:05 2026"; rss in KiB, zombies left out. */
export function parsePsUsage(text: string): PsUsage[] {
  const rows: PsUsage[] = [];
  for (const line of text.split('\n')) {
    const [pid, ppid, state, rss, time, ...start] = line.trim().split(/\s+/);
    if (start.length !== 5 || time === undefined || state === undefined || state.startsWith('Z')) continue;
    const usage = { pid: Number(pid), ppid: Number(ppid), rssBytes: Number(rss) * 1024 };
    rows.push({ ...usage, cpuSeconds: parsePsTime(time), start: start.join(' ') });
  }
  return rows;
}

/** "1:02.50" on macOS, "01:01:02" or "2-01:01:02" elsewhere, as seconds. */
export function parsePsTime(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
