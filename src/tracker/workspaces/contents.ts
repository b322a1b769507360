import fs from 'node:fs';
import path from 'node:path';
import type { WorkspaceContents } from '../../shared/domain/workspace.ts';
import type { Db } from '../store/database.ts';
import type { WorkspaceStore } from './workspaceStore.ts';

/** What a workspace holds, disk space included. */
export async function contentsOf(store: WorkspaceStore): Promise<WorkspaceContents> {
  const { db } = store;
  return {
    experiments: count(db, 'experiment', 'deleted_at IS NULL'),
    runs: count(db, 'run', 'deleted_at IS NULL'),
    activeRuns: countActiveRuns(db),
    models: count(db, 'model'),
    deployments: count(db, 'deployment'),
    bytes: await diskUsage(store.paths.root),
  };
}

export function countActiveRuns(db: Db): number {
  return count(db, 'run', `state IN ('queued', 'preparing', 'running')`);
}

/** A table of a part that this tracker does not have counts as empty. */
export function count(db: Db, table: string, where = '1'): number {
  const exists = db.prepare(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?`).get(table);
  if (exists === undefined) return 0;
  return db.prepare(`SELECT count(*) FROM ${table} WHERE ${where}`).pluck().get() as number;
}

/** Bytes of the files below a folder, links not followed. What vanishes meanwhile counts nothing. */
async function diskUsage(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await fs.promises.readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += await diskUsage(full);
    else
      bytes += await fs.promises.lstat(full).then(
        (stat) => stat.size,
        () => 0,
      );
  }
  return bytes;
}
