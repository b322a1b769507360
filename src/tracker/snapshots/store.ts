import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errno, SnapshotError } from './errors.ts';
import { SharedLock } from './pool.ts';

/**
 * Where the snapshots of one workspace are kept:
 * `blobs/ab/cdef…` contents by SHA-256, `manifests/ab/cdef…` snapshots by SHA-256 of their manifest, `cache/` stamps of
 * folders (may be deleted at any time), `tmp/` what is being written.
 * One process writes a store; within it, the lock keeps collecting apart from all that reads or adds.
 */
export interface SnapshotStore {
  root: string;
  lock: SharedLock;
}

const locks = new Map<string, SharedLock>();

/** Opens the store in a directory, for instance `<workspace>/snapshots`, and makes it where it is not there yet. */
export async function openSnapshotStore(root: string): Promise<SnapshotStore> {
  for (const name of ['blobs', 'manifests', 'cache', 'tmp'])
    await mkdir(join(root, name), { recursive: true, mode: 0o700 });
  const lock = locks.get(root) ?? new SharedLock();
  locks.set(root, lock);
  return { root, lock };
}

const DIGEST = /^[0-9a-f]{64}$/;

/** The file of a blob. Throws `not-found` for anything that is not a digest, so that no name becomes a path. */
export function blobPath(store: SnapshotStore, sha256: string): string {
  return digestPath(store, 'blobs', sha256);
}

export function manifestPath(store: SnapshotStore, id: string): string {
  return digestPath(store, 'manifests', id);
}

function digestPath(store: SnapshotStore, kind: 'blobs' | 'manifests', digest: string): string {
  if (!DIGEST.test(digest))
    throw new SnapshotError('not-found', `${JSON.stringify(digest)} is no snapshot or content id.`);
  return join(store.root, kind, digest.slice(0, 2), digest.slice(2));
}

/** A new name below the store's `tmp`, on the same file system as the blobs. */
export function temporaryPath(store: SnapshotStore): string {
  return join(store.root, 'tmp', randomBytes(12).toString('hex'));
}

/** Writes a whole file durably: temporary file, fsync, rename, fsync of the directory. */
export async function writeDurably(store: SnapshotStore, path: string, data: string | Buffer): Promise<void> {
  const temporary = temporaryPath(store);
  const directory = join(path, '..');
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
  await syncDirectory(join(directory, '..'));
}

/** Makes renames within a directory survive a power cut. Windows has no such call and needs none on NTFS. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      if (errno(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

/** All digests of a kind that are present, with size (bytes) and time of change (ms since epoch). */
export async function* storedDigests(
  store: SnapshotStore,
  kind: 'blobs' | 'manifests',
): AsyncGenerator<{ digest: string; path: string; size: number; mtimeMs: number }> {
  for (const first of (await readdir(join(store.root, kind))).sort()) {
    if (!/^[0-9a-f]{2}$/.test(first)) continue;
    for (const rest of (await readdir(join(store.root, kind, first))).sort()) {
      if (!DIGEST.test(first + rest)) continue;
      const path = join(store.root, kind, first, rest);
      const { size, mtimeMs } = await stat(path);
      yield { digest: first + rest, path, size, mtimeMs };
    }
  }
}
