import { errno } from './errors.ts';
import { loadManifest } from './manifest.ts';
import { inParallel } from './pool.ts';
import { readStable } from './readStable.ts';
import { blobPath, type SnapshotStore } from './store.ts';
import type { Progress } from './types.ts';

export interface Verified {
  files: number;
  bytes: number;
  /** Files whose content is not in the store. */
  missing: string[];
  /** Files whose content in the store is not what was put there. */
  damaged: string[];
}

/** Reads every content of a snapshot and compares it with its digest. The manifest's own damage throws `corrupt`. */
export async function verifySnapshot(
  store: SnapshotStore,
  id: string,
  options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {},
): Promise<Verified> {
  return store.lock.shared(async () => {
    const { entries } = await loadManifest(store, id);
    const verified: Verified = { files: 0, bytes: 0, missing: [], damaged: [] };
    await inParallel(entries, { limit: 4, signal: options.signal }, async (entry) => {
      if (entry.type !== 'file') return;
      try {
        const read = await readStable(blobPath(store, entry.sha256), { signal: options.signal });
        if (read.sha256 !== entry.sha256 || read.size !== entry.size) verified.damaged.push(entry.path);
      } catch (error) {
        if (errno(error) === 'ENOENT') verified.missing.push(entry.path);
        else if (errno(error) === 'EIO') verified.damaged.push(entry.path);
        else throw error;
      }
      verified.files += 1;
      verified.bytes += entry.size;
      options.onProgress?.({ files: verified.files, bytes: verified.bytes, path: entry.path });
    });
    verified.missing.sort();
    verified.damaged.sort();
    return verified;
  });
}
