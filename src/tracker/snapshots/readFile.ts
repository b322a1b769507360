import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { errno, SnapshotError } from './errors.ts';
import { loadManifest } from './manifest.ts';
import { displayName } from './pathBytes.ts';
import { blobPath, type SnapshotStore } from './store.ts';
import type { ManifestEntry } from './types.ts';

/** Bytes `start` (from 0) to `start + length`; the end is cut at the end of the file. */
export interface ByteRange {
  start: number;
  length: number;
}

type FileEntry = ManifestEntry & { type: 'file' };

const LARGEST_AT_ONCE = 64 * 1024 * 1024;

/** The entry of a file in a snapshot. Throws `not-found` for what is not there or is not a file. */
export async function findFile(store: SnapshotStore, id: string, path: string): Promise<FileEntry> {
  const { entries } = await loadManifest(store, id);
  const entry = entries.find((each) => each.path === path);
  if (entry?.type === 'file') return entry;
  const why = entry === undefined ? 'is not in the snapshot' : `is a ${entry.type === 'dir' ? 'folder' : 'link'}`;
  throw new SnapshotError('not-found', `${displayName(path)} ${why}.`, { paths: [path] });
}

/** Part of a file of a snapshot, at most 64 MiB at once; without a range its beginning up to that. */
export async function readSnapshotFile(
  store: SnapshotStore,
  id: string,
  path: string,
  range: ByteRange = { start: 0, length: LARGEST_AT_ONCE },
): Promise<{ size: number; start: number; data: Buffer }> {
  const entry = await findFile(store, id, path);
  const { start, length } = within(entry, range);
  const wanted = Math.min(length, LARGEST_AT_ONCE);
  const file = await open(await presentBlob(store, entry), 'r');
  try {
    const data = Buffer.alloc(wanted);
    let done = 0;
    while (done < wanted) {
      const { bytesRead } = await file.read(data, done, wanted - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return { size: entry.size, start, data: data.subarray(0, done) };
  } finally {
    await file.close();
  }
}

/** A file of a snapshot as a stream, for downloads of any size. */
export async function streamSnapshotFile(
  store: SnapshotStore,
  id: string,
  path: string,
  range?: ByteRange,
): Promise<{ size: number; start: number; length: number; stream: Readable }> {
  const entry = await findFile(store, id, path);
  const { start, length } = within(entry, range ?? { start: 0, length: entry.size });
  const blob = await presentBlob(store, entry);
  // A stream's end is inclusive, so nothing at all needs a range beyond the file.
  const stream = createReadStream(blob, length === 0 ? { start: entry.size } : { start, end: start + length - 1 });
  return { size: entry.size, start, length, stream };
}

function within(entry: FileEntry, range: ByteRange): ByteRange {
  const { start, length } = range;
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(length);
  if (!whole || start < 0 || length < 0 || start > entry.size) {
    throw new SnapshotError(
      'range-not-satisfiable',
      `Bytes ${start} to ${start + length} are not in a file of ${entry.size} bytes.`,
    );
  }
  return { start, length: Math.min(length, entry.size - start) };
}

/** The path of a blob that is there with its size. */
export async function presentBlob(store: SnapshotStore, entry: FileEntry): Promise<string> {
  const path = blobPath(store, entry.sha256);
  try {
    if ((await stat(path)).size === entry.size) return path;
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
  }
  const message = `The content of ${displayName(entry.path)} is missing or damaged in the snapshot store. Submit again from the folder to store it anew.`;
  throw new SnapshotError('corrupt', message, { paths: [entry.path] });
}
