import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { errno, SnapshotError, someOf } from './errors.ts';
import { writeManifest } from './manifest.ts';
import { nativePath } from './pathBytes.ts';
import { inParallel } from './pool.ts';
import { readStable } from './readStable.ts';
import { scan } from './scan.ts';
import { stampOf } from './stamp.ts';
import { StatCache } from './statCache.ts';
import type { SnapshotStore } from './store.ts';
import type { ManifestEntry, Progress, ScanEntry } from './types.ts';

export interface InputHash {
  /** As it was named. */
  path: string;
  /** Where it is, links resolved. */
  realPath: string;
  type: 'file' | 'dir';
  /**
   * Of a file: the digest of its content. Of a folder: the digest of its manifest (manifest.ts) with everything in it,
   * so that it depends on names, contents, executable bits and link targets, and not on place, times or owner.
   */
  sha256: string;
  bytes: number;
  files: number;
  /** Files that changed each time they were read: the digest is of no single moment. */
  torn: string[];
}

export interface HashInputsOptions {
  /** Holds the cache of stamps. Contents are not copied to it. */
  store: SnapshotStore;
  /** What relative paths are relative to: the training folder. */
  folder: string;
  signal?: AbortSignal;
  /** Called per file, with totals over all inputs. */
  onProgress?: (progress: Progress) => void;
}

const LANES = 4;

/**
 * Hashes the data files and folders that a run configuration names. Unchanged files are not read again.
 * Throws `not-found` for an input that is not there, `unreadable` for one that cannot be read whole.
 */
export async function hashInputs(paths: readonly string[], options: HashInputsOptions): Promise<InputHash[]> {
  const total = { files: 0, bytes: 0 };
  const hashes: InputHash[] = [];
  for (const path of paths) hashes.push(await hashInput(path, options, total));
  return hashes;
}

async function hashInput(path: string, options: HashInputsOptions, total: { files: number; bytes: number }) {
  options.signal?.throwIfAborted();
  const place = await locate(path, options.folder);
  const cache = await StatCache.load(options.store, `input\0${place.realPath}`);
  const found = place.isDirectory ? await everything(place.realPath, options) : await single(place.realPath);
  const entries: ManifestEntry[] = [];
  const torn: string[] = [];
  await inParallel(found.entries, { limit: LANES, signal: options.signal }, async (entry) => {
    if (entry.type === 'dir') entries.push({ type: 'dir', path: entry.path });
    else if (entry.type === 'symlink') entries.push({ type: 'symlink', path: entry.path, target: entry.target });
    else {
      const hashed = await hashFile(found.root, entry, cache, options);
      if (hashed === undefined) return;
      if (hashed.torn) torn.push(entry.path);
      const { path, executable } = entry;
      const { sha256, size } = hashed;
      entries.push({ type: 'file', path, executable, torn: false, sha256, size });
      total.files += 1;
      total.bytes += hashed.size;
      options.onProgress?.({ ...total, path: entry.path });
    }
  });
  await cache.save();
  const files = entries.filter((entry) => entry.type === 'file');
  const content = place.isDirectory ? writeManifest(entries).id : files[0]?.sha256;
  if (content === undefined) throw unreadable([path]);
  const hash: InputHash = {
    path,
    realPath: place.realPath,
    type: place.isDirectory ? 'dir' : 'file',
    sha256: content,
    bytes: files.reduce((sum, entry) => sum + entry.size, 0),
    files: files.length,
    torn: torn.sort(),
  };
  return hash;
}

async function hashFile(root: string, entry: ScanEntry, cache: StatCache, options: HashInputsOptions) {
  const known = cache.find(entry.path, entry.stamp);
  if (known !== undefined) return { sha256: known, size: entry.size, torn: false };
  try {
    const read = await readStable(nativePath(root, entry.path), { signal: options.signal });
    if (!read.torn) cache.remember(entry.path, read.stamp, read.sha256, read.readAt);
    return { sha256: read.sha256, size: read.size, torn: read.torn };
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined; // deleted since it was seen
    if (errno(error) === '') throw error;
    throw unreadable([entry.path], error);
  }
}

async function locate(path: string, folder: string): Promise<{ realPath: string; isDirectory: boolean }> {
  try {
    const realPath = await realpath(resolve(folder, path));
    const stats = await stat(realPath);
    if (stats.isDirectory() || stats.isFile()) return { realPath, isDirectory: stats.isDirectory() };
  } catch (error) {
    const why = errno(error) === 'ENOENT' ? 'does not exist' : `cannot be reached (${errno(error)})`;
    const message = `The input ${JSON.stringify(path)} ${why}. Correct "inputs" in the run configuration, or put the data there.`;
    throw new SnapshotError('not-found', message, { cause: error, paths: [path] });
  }
  throw new SnapshotError('not-found', `The input ${JSON.stringify(path)} is neither a file nor a folder.`, {
    paths: [path],
  });
}

async function everything(root: string, options: HashInputsOptions) {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const found = await scan(root, { everything: true, maxFiles: Number.POSITIVE_INFINITY, ...signal });
  if (found.unreadable.length > 0) throw unreadable(found.unreadable.map((problem) => problem.path));
  return { root, entries: found.entries };
}

async function single(path: string): Promise<{ root: string; entries: ScanEntry[] }> {
  const stats = await stat(path, { bigint: true });
  const entry: ScanEntry = {
    type: 'file',
    path: basename(path),
    size: Number(stats.size),
    mtimeMs: Number(stats.mtimeMs),
    executable: false,
    target: '',
    stamp: stampOf(stats),
  };
  return { root: dirname(path), entries: [entry] };
}

function unreadable(paths: readonly string[], cause?: unknown): SnapshotError {
  const message = `The input cannot be hashed whole: ${someOf(paths)} cannot be read. Change the permissions, or name a smaller input.`;
  return new SnapshotError('unreadable', message, { paths, cause });
}
