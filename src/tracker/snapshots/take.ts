import { utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errno, explainSpace, SnapshotError, someOf } from './errors.ts';
import { writeManifest } from './manifest.ts';
import { nativePath } from './pathBytes.ts';
import { inParallel } from './pool.ts';
import { BlobWriter } from './putBlob.ts';
import { type Scan, type ScanOptions, scan } from './scan.ts';
import { StatCache } from './statCache.ts';
import { exists, manifestPath, type SnapshotStore, syncDirectory, writeDurably } from './store.ts';
import type { IgnoredEntry, ManifestEntry, ScanEntry } from './types.ts';

export interface TakeOptions extends ScanOptions {
  /** A larger file is refused by name; bytes, default none. */
  maxFileSize?: number;
  /** What to do about files that cannot be read: refuse the snapshot (default), or leave them out. */
  onUnreadable?: 'fail' | 'skip';
  /** A scan of the folder made just now, to save doing it again. */
  scan?: Scan;
}

export interface Taken {
  /** SHA-256 of the manifest; equal for equal content. */
  id: string;
  files: number;
  bytes: number;
  /** Contents that were not in the store before. */
  newBlobs: number;
  newBytes: number;
  /** Files that changed each time they were read. */
  torn: string[];
  skipped: string[];
  /** What ignore files leave out and is there: the material of a run's links back. */
  ignored: IgnoredEntry[];
}

const LANES = 16;

/**
 * Takes a snapshot of a folder. When it returns, the snapshot is durable; when it throws or is aborted, nothing of it is
 * visible (contents already added stay until the next collection, and serve the next attempt).
 * Throws SnapshotError `unreadable`, `file-too-large`, `no-space`, and what scan throws.
 */
export async function take(folder: string, store: SnapshotStore, options: TakeOptions = {}): Promise<Taken> {
  const scanned = options.scan ?? (await scan(folder, options));
  refuse(scanned, options);
  try {
    return await store.lock.shared(() => takeScanned(scanned, store, options));
  } catch (error) {
    throw explainSpace(error, store.root);
  }
}

async function takeScanned(scanned: Scan, store: SnapshotStore, options: TakeOptions): Promise<Taken> {
  const cache = await StatCache.load(store, `snapshot\0${scanned.folder}`);
  // While the snapshot that the cache was saved with is there, so are the contents it names: no need to look at each.
  const trusted = cache.snapshot !== '' && (await exists(manifestPath(store, cache.snapshot)));
  const manifest: ManifestEntry[] = [];
  const torn: string[] = [];
  const skipped = new Set(scanned.unreadable.map((problem) => problem.path));
  const toRead: ScanEntry[] = [];
  for (const entry of scanned.entries) {
    if (entry.type === 'dir') manifest.push({ type: 'dir', path: entry.path });
    else if (entry.type === 'symlink') manifest.push({ type: 'symlink', path: entry.path, target: entry.target });
    else if (!skipped.has(entry.path)) {
      const sha256 = trusted ? cache.find(entry.path, entry.stamp) : undefined;
      if (sha256 === undefined) toRead.push(entry);
      else manifest.push({ ...fileEntry(entry), size: entry.size, sha256 });
    }
  }
  const progress = { files: manifest.length, bytes: 0 };
  const blobs = new BlobWriter(store, {
    signal: options.signal,
    onBytes: (count) => {
      progress.bytes += count;
    },
  });
  const refused: string[] = [];
  await inParallel(toRead, { limit: LANES, signal: options.signal }, async (entry) => {
    try {
      const known = trusted ? undefined : cache.find(entry.path, entry.stamp);
      if (known !== undefined && (await blobs.has(known))) {
        manifest.push({ ...fileEntry(entry), size: entry.size, sha256: known });
        return;
      }
      const read = await blobs.put(nativePath(scanned.folder, entry.path), entry.size, cache.guess(entry.path));
      if (read.torn) torn.push(entry.path);
      else cache.remember(entry.path, read.stamp, read.sha256, read.readAt);
      manifest.push({ ...fileEntry(entry), size: read.size, sha256: read.sha256, torn: read.torn });
    } catch (error) {
      const code = errno(error);
      if (code === 'ENOENT') return; // deleted since it was seen
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ELOOP' && code !== 'EIO') throw error;
      refused.push(entry.path);
    }
    progress.files += 1;
    options.onProgress?.({ ...progress, path: entry.path });
  });
  if (refused.length > 0 && options.onUnreadable !== 'skip') throw unreadable(refused);
  await blobs.flush();
  const { text, id } = writeManifest(manifest);
  await keep(store, id, text);
  await cache.save(id);
  const files = manifest.filter((entry) => entry.type === 'file');
  return {
    id,
    files: files.length,
    bytes: files.reduce((sum, entry) => sum + entry.size, 0),
    newBlobs: blobs.added,
    newBytes: blobs.addedBytes,
    torn: torn.sort(),
    skipped: [...skipped, ...refused].sort(),
    ignored: scanned.ignored,
  };
}

/** An existing manifest is only touched, so that a collection that runs soon takes it for new. */
async function keep(store: SnapshotStore, id: string, text: string): Promise<void> {
  const path = manifestPath(store, id);
  if (await exists(path)) {
    const now = new Date();
    await utimes(path, now, now);
    await syncDirectory(dirname(path));
  } else await writeDurably(store, path, text);
}

function fileEntry(entry: ScanEntry) {
  return { type: 'file' as const, path: entry.path, executable: entry.executable, torn: false };
}

function refuse(scanned: Scan, options: TakeOptions): void {
  if (scanned.unreadable.length > 0 && options.onUnreadable !== 'skip') {
    throw unreadable(scanned.unreadable.map((problem) => problem.path));
  }
  const limit = options.maxFileSize;
  if (limit === undefined) return;
  const large = scanned.entries.filter((entry) => entry.size > limit).map((entry) => entry.path);
  if (large.length === 0) return;
  const message = `Larger than the limit of ${limit} bytes: ${someOf(large)}. Leave it out with .trainyardignore (the run still sees it, by a link) or raise the limit.`;
  throw new SnapshotError('file-too-large', message, { paths: large });
}

function unreadable(paths: readonly string[]): SnapshotError {
  const message = `The snapshot would not be whole: ${someOf(paths.map((path) => path || '.'))} cannot be read. Change the permissions, or leave it out with .trainyardignore.`;
  return new SnapshotError('unreadable', message, { paths });
}
