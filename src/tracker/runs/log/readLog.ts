import { open } from 'node:fs/promises';

export interface LogPart {
  readonly bytes: Buffer;
  /** Where the part begins, and how long the log is now. */
  readonly offset: number;
  readonly size: number;
}

const DEFAULT_LIMIT = 1024 * 1024;

/** Raw bytes of a log from `offset`, counted from the end where it is negative. A log that is not there yet is empty. */
export async function readLog(file: string, offset = 0, limit = DEFAULT_LIMIT): Promise<LogPart> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return { bytes: Buffer.alloc(0), offset: 0, size: 0 };
  try {
    const { size } = await handle.stat();
    const from = Math.min(size, Math.max(0, offset < 0 ? size + offset : offset));
    const wanted = Math.min(limit, size - from);
    const bytes = Buffer.allocUnsafe(wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await handle.read(bytes, done, wanted - done, from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return { bytes: bytes.subarray(0, done), offset: from, size };
  } finally {
    await handle.close();
  }
}
