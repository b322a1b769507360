import type { BigIntStats } from 'node:fs';

/**
 * What of a file's metadata tells that its content may have changed: size, modification and status-change time in
 * nanoseconds, inode. The status-change time cannot be set back by a program, so `touch -d` does not deceive.
 */
export function stampOf(stats: BigIntStats): string {
  return `${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}:${stats.ino}`;
}

const SECOND = 1_000_000_000n;

/**
 * Whether a stamp proves that content read from `readAt` on (ms since epoch) is what the file has: a write within the
 * same tick of the file system's clock as the reading would leave the stamp as it is ("racy" in git's words, see git's
 * Documentation/technical/racy-git.txt). A file whose newest time is not clearly older than the reading is read again
 * next time. Whole seconds hint at a file system that counts in seconds (HFS+), or two of them (FAT).
 */
export function isSettled(stamp: string, readAt: number): boolean {
  const [, modified = '0', changed = '0'] = stamp.split(':');
  const newest = BigInt(modified) > BigInt(changed) ? BigInt(modified) : BigInt(changed);
  const tick = newest % SECOND === 0n ? 2_100_000_000n : 100_000_000n;
  return newest + tick <= BigInt(Math.floor(readAt)) * 1_000_000n;
}
