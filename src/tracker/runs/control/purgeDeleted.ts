import { rm } from 'node:fs/promises';
import type { Logger } from '../../lifecycle/log.ts';
import { type RunScope, runDirectory } from '../runScope.ts';

const KEPT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Removes for good what was deleted long ago; until then a deletion can be undone. */
export async function purgeDeleted(scope: RunScope, log: Logger, olderThanMs = KEPT_DAYS * DAY_MS): Promise<number> {
  const due = scope.store.db
    .prepare<[number], string>('SELECT id FROM run WHERE deleted_at IS NOT NULL AND deleted_at <= ?')
    .pluck()
    .all(Date.now() - olderThanMs);
  for (const run of due) {
    // The row goes last: as long as it is there, a kill in between only means that this is done again.
    await rm(runDirectory(scope, run), { recursive: true, force: true });
    await scope.store.writer.write(() => scope.repository.purge(run, 'tracker'));
  }
  if (due.length > 0) log.info({ workspace: scope.store.id, runs: due.length }, 'deleted runs were removed for good');
  return due.length;
}
