import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errno, SnapshotError } from './errors.ts';
import { loadManifest } from './manifest.ts';
import { manifestPath, type SnapshotStore, storedDigests, syncDirectory } from './store.ts';

export interface CollectOptions {
  /** Says what would go, and removes nothing. */
  dryRun?: boolean;
  /**
   * A snapshot younger than this (ms, default one hour) stays even if nobody names it: its run may be about to be stored.
   */
  grace?: number;
  signal?: AbortSignal;
}

export interface Collected {
  /** Snapshots that went, or would go. */
  snapshots: string[];
  blobs: number;
  /** Bytes of the blobs. */
  bytes: number;
  /** Snapshots that somebody counts on and that are not there. */
  missing: string[];
}

/**
 * Removes every snapshot that is not in `live`, then every content that no snapshot holds. Runs alone in its store.
 * A snapshot that stays but cannot be read stops it before anything is removed, since its contents are unknown.
 */
export async function collectGarbage(
  store: SnapshotStore,
  live: Iterable<string>,
  options: CollectOptions = {},
): Promise<Collected> {
  return store.lock.exclusive(() => collect(store, new Set(live), options));
}

/**
 * Deletes one snapshot; its contents go with the next collection unless others hold them too. Whether somebody still
 * counts on it is for the caller to know. False if it was not there.
 */
export async function deleteSnapshot(store: SnapshotStore, id: string): Promise<boolean> {
  return store.lock.exclusive(async () => {
    const path = manifestPath(store, id);
    try {
      await rm(path);
    } catch (error) {
      if (errno(error) === 'ENOENT') return false;
      throw error;
    }
    await syncDirectory(dirname(path));
    return true;
  });
}

async function collect(store: SnapshotStore, live: ReadonlySet<string>, options: CollectOptions): Promise<Collected> {
  const youngest = Date.now() - (options.grace ?? 3_600_000);
  const missing = new Set(live);
  const dead: { digest: string; path: string }[] = [];
  const held = new Set<string>();
  for await (const manifest of storedDigests(store, 'manifests')) {
    options.signal?.throwIfAborted();
    missing.delete(manifest.digest);
    if (!live.has(manifest.digest) && manifest.mtimeMs < youngest) dead.push(manifest);
    else for (const entry of await entriesOf(store, manifest.digest)) if (entry.type === 'file') held.add(entry.sha256);
  }
  const collected: Collected = {
    snapshots: dead.map((manifest) => manifest.digest),
    blobs: 0,
    bytes: 0,
    missing: [...missing].sort(),
  };
  // Manifests go first, durably: a power cut in between leaves contents without a snapshot, never the reverse.
  if (options.dryRun !== true) {
    for (const manifest of dead) await rm(manifest.path, { force: true });
    for (const directory of new Set(dead.map((manifest) => dirname(manifest.path)))) await syncDirectory(directory);
    await sweepTemporary(store);
  }
  for await (const blob of storedDigests(store, 'blobs')) {
    options.signal?.throwIfAborted();
    if (held.has(blob.digest)) continue;
    collected.blobs += 1;
    collected.bytes += blob.size;
    if (options.dryRun !== true) await rm(blob.path, { force: true });
  }
  return collected;
}

async function entriesOf(store: SnapshotStore, id: string) {
  try {
    return (await loadManifest(store, id)).entries;
  } catch (error) {
    const message = `Nothing was removed: the snapshot ${id.slice(0, 12)} is still needed and cannot be read, so it is unknown which contents it holds. Delete it or restore it, then collect again.`;
    throw new SnapshotError('corrupt', message, { cause: error });
  }
}

/** Nobody else is at work, so whatever is in `tmp` was left by a process that died. */
async function sweepTemporary(store: SnapshotStore): Promise<void> {
  const directory = join(store.root, 'tmp');
  const old = Date.now() - 60_000;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined && stats.mtimeMs < old) await rm(path, { force: true });
  }
}
