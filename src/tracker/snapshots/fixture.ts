import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openSnapshotStore, type SnapshotStore } from './store.ts';

/** A training folder and a store for one test, in a directory of their own. */
export interface Fixture {
  root: string;
  folder: string;
  store: SnapshotStore;
  /** Writes a file of the folder, with its parents. */
  write(path: string, content?: string | Buffer, mode?: number): void;
  remove(): void;
}

export async function makeFixture(): Promise<Fixture> {
  const root = mkdtempSync(join(tmpdir(), 'snapshots-'));
  const folder = join(root, 'folder');
  mkdirSync(folder);
  return {
    root,
    folder,
    store: await openSnapshotStore(join(root, 'store')),
    write(path, content = path, mode = 0o644) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
      chmodSync(join(folder, path), mode);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Scans and snapshots of tests ask no git configuration of the machine. */
export const quiet = { globalExcludes: false } as const;
