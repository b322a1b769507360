import { readdir } from 'node:fs/promises';
import type { Logger } from '../../lifecycle/log.ts';
import type { Snapshotter } from '../../snapshots/snapshotter.ts';
import { openSnapshotStore, storedDigests } from '../../snapshots/store.ts';
import type { RunScope } from '../runScope.ts';
import { removeAbandoned } from '../submit/abandoned.ts';
import { purgeDeleted } from './purgeDeleted.ts';

/** Removes for good what nobody can ask for any more: cut-off submissions, runs deleted long ago, their snapshots. */
export async function tidyRuns(scope: RunScope, snapshotter: Snapshotter, log: Logger): Promise<void> {
  try {
    await removeAbandoned(scope);
    await purgeDeleted(scope, log);
    await collectSnapshots(scope, snapshotter, log);
  } catch (error) {
    log.warn({ err: error, workspace: scope.store.id }, 'what is left of runs could not be removed');
  }
}

/** A day, so that a run whose environment takes long to build finds its snapshot. */
const GRACE_MS = 24 * 60 * 60 * 1000;

/** Removes snapshots that neither a run nor a model names. Their contents are gone through only when there is one. */
export async function collectSnapshots(
  scope: RunScope,
  snapshotter: Snapshotter,
  log: Logger,
  grace = GRACE_MS,
): Promise<void> {
  const { db, paths, id } = scope.store;
  // A database that was set aside may name snapshots that its backup does not know; somebody may want it back.
  if ((await readdir(paths.root)).some((name) => name.includes('.set-aside-'))) return;
  const store = await openSnapshotStore(paths.snapshots);
  const live = db
    .prepare<[], string>(
      `SELECT snapshot FROM run WHERE snapshot IS NOT NULL
       UNION SELECT snapshot FROM model_version WHERE snapshot IS NOT NULL`,
    )
    .pluck()
    .all();
  if (!(await hasOther(storedDigests(store, 'manifests'), new Set(live), Date.now() - grace))) return;
  const { snapshots, bytes } = await snapshotter.collect(store, live, { grace });
  log.info({ workspace: id, snapshots: snapshots.length, bytes }, 'snapshots that nobody names were removed');
}

async function hasOther(
  manifests: AsyncIterable<{ digest: string; mtimeMs: number }>,
  live: ReadonlySet<string>,
  youngest: number,
): Promise<boolean> {
  for await (const { digest, mtimeMs } of manifests) if (!live.has(digest) && mtimeMs < youngest) return true;
  return false;
}
