import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../shared/runDirectory.ts';
import { isAlive } from './wrapper/processIdentity.ts';

/**
 * Bytes that these processes use together, what several of them share counted once (Linux; the workers of a data loader
 * share most of theirs with their parent). Undefined where that cannot be read.
 */
export async function memoryInUse(
  processes: readonly ProcessIdentity[],
  platform = process.platform,
): Promise<number | undefined> {
  if (platform !== 'linux') return undefined;
  let bytes: number | undefined;
  for (const one of processes) {
    if (!(await isAlive(one))) continue;
    try {
      const [, kib] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${one.pid}/smaps_rollup`, 'utf8')) ?? [];
      if (kib !== undefined) bytes = (bytes ?? 0) + Number(kib) * 1024;
    } catch {
      // Gone in the meantime.
    }
  }
  return bytes;
}
