import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { stampOf } from './stamp.ts';

export interface StableRead {
  sha256: string;
  /** Bytes that were read. */
  size: number;
  /** The file's stamp when reading began; equal to the one at the end unless torn. */
  stamp: string;
  /** When reading began, ms since epoch. */
  readAt: number;
  /** It changed during every attempt. */
  torn: boolean;
}

export interface ReadOptions {
  signal?: AbortSignal | undefined;
  /** Called with the bytes of each chunk that was read. */
  onBytes?: ((count: number) => void) | undefined;
  /** Readings before a file that keeps changing is called torn. */
  attempts?: number;
}

/** Where the content goes while it is read; `restart` forgets what came before. */
export interface Sink {
  restart(): Promise<void>;
  write(chunk: Buffer): Promise<void>;
}

const CHUNK = 1024 * 1024;

/**
 * Reads a file once through, hashing it, and again if it changed meanwhile. Memory stays at one chunk whatever the size.
 * A file that grows is read up to the size it had at first, so that a busy log cannot keep the reader for ever.
 * A symbolic link is not followed (ELOOP).
 */
export async function readStable(path: string | Buffer, options: ReadOptions = {}, sink?: Sink): Promise<StableRead> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const attempts = options.attempts ?? 3;
    for (let attempt = 1; ; attempt += 1) {
      const readAt = Date.now();
      const before = await file.stat({ bigint: true });
      if (!before.isFile()) throw Object.assign(new Error('It is no longer a file.'), { code: 'ENOENT' });
      await sink?.restart();
      const hash = createHash('sha256');
      const size = await readThrough(file, Number(before.size), hash, options, sink);
      const after = await file.stat({ bigint: true });
      const stamp = stampOf(before);
      const torn = stamp !== stampOf(after) || BigInt(size) !== before.size;
      if (!torn || attempt >= attempts) return { sha256: hash.digest('hex'), size, stamp, readAt, torn };
    }
  } finally {
    await file.close();
  }
}

async function readThrough(
  file: FileHandle,
  size: number,
  hash: Hash,
  options: ReadOptions,
  sink: Sink | undefined,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, size)));
  let position = 0;
  while (position < size) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - position), position);
    if (bytesRead === 0) break; // it was cut while we read; the caller sees the difference in size
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await sink?.write(chunk);
    position += bytesRead;
    options.onBytes?.(bytesRead);
  }
  return position;
}
