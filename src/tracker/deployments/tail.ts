import { open } from 'node:fs/promises';

const BLOCK = 64 * 1024;
const MOST = 8 * 1024 * 1024;

/** The last lines of a file, at most 8 MB of them; empty where there is none. */
export async function tailOfFile(file: string, lines: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    let tail: Buffer = Buffer.alloc(0);
    for (let from = size; from > 0 && tail.length < MOST; ) {
      const start = Math.max(0, from - BLOCK);
      const block = Buffer.alloc(from - start);
      const { bytesRead } = await handle.read(block, 0, block.length, start);
      tail = Buffer.concat([block.subarray(0, bytesRead), tail]);
      from = start;
      if (countLines(tail) > lines) break;
    }
    return lastLines(tail, lines);
  } finally {
    await handle.close();
  }
}

/** The last `lines` lines; a newline at the very end begins no further line. */
export function lastLines(content: Buffer, lines: number): Buffer {
  let at = content.length - 1;
  for (let left = lines; left > 0; left--) {
    if (at <= 0) return content;
    at = content.lastIndexOf(10, at - 1);
    if (at < 0) return content;
  }
  return content.subarray(at + 1);
}

function countLines(content: Buffer): number {
  let count = 0;
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) count++;
  return count;
}
