import { loadManifest } from './manifest.ts';
import type { SnapshotStore } from './store.ts';
import type { ManifestEntry } from './types.ts';

export interface Change {
  path: string;
  before: ManifestEntry;
  after: ManifestEntry;
}

export interface SnapshotDiff {
  added: ManifestEntry[];
  removed: ManifestEntry[];
  /** Other content, kind, target or executable bit. */
  changed: Change[];
  unchanged: number;
}

/** What is in snapshot `b` against snapshot `a`. */
export async function diffSnapshots(store: SnapshotStore, a: string, b: string): Promise<SnapshotDiff> {
  const [before, after] = await Promise.all([loadManifest(store, a), loadManifest(store, b)]);
  return diffEntries(before.entries, after.entries);
}

/** The same of two lists that are sorted by path, as manifests are. */
export function diffEntries(before: readonly ManifestEntry[], after: readonly ManifestEntry[]): SnapshotDiff {
  const diff: SnapshotDiff = { added: [], removed: [], changed: [], unchanged: 0 };
  let [i, j] = [0, 0];
  for (;;) {
    const [old, now] = [before[i], after[j]];
    if (old === undefined && now === undefined) return diff;
    if (now === undefined || (old !== undefined && old.path < now.path)) {
      if (old !== undefined) diff.removed.push(old);
      i += 1;
    } else if (old === undefined || now.path < old.path) {
      diff.added.push(now);
      j += 1;
    } else {
      if (isSame(old, now)) diff.unchanged += 1;
      else diff.changed.push({ path: now.path, before: old, after: now });
      i += 1;
      j += 1;
    }
  }
}

function isSame(a: ManifestEntry, b: ManifestEntry): boolean {
  if (a.type === 'file' && b.type === 'file') return a.sha256 === b.sha256 && a.executable === b.executable;
  if (a.type === 'symlink' && b.type === 'symlink') return a.target === b.target;
  return a.type === b.type;
}
