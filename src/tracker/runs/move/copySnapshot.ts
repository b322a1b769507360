import { constants } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { loadManifest } from '../../snapshots/manifest.ts';
import {
  blobPath,
  exists,
  manifestPath,
  openSnapshotStore,
  type SnapshotStore,
  syncDirectory,
  temporaryPath,
} from '../../snapshots/store.ts';

/** Copies a snapshot from one store to another: contents first, so that a manifest never names what is not there. */
export async function copySnapshot(fromRoot: string, toRoot: string, id: string): Promise<void> {
  const [from, to] = [await openSnapshotStore(fromRoot), await openSnapshotStore(toRoot)];
  await to.lock.shared(async () => {
    if (await exists(manifestPath(to, id))) return;
    const { entries } = await loadManifest(from, id);
    for (const entry of entries) {
      if (entry.type === 'file') await copyDurably(to, blobPath(from, entry.sha256), blobPath(to, entry.sha256));
    }
    await copyDurably(to, manifestPath(from, id), manifestPath(to, id));
  });
}

async function copyDurably(store: SnapshotStore, source: string, target: string): Promise<void> {
  if (await exists(target)) return;
  const temporary = temporaryPath(store);
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(path.dirname(target));
}
