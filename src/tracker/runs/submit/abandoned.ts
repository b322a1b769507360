import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { RunScope } from '../runScope.ts';
import { pendingSince } from './pending.ts';

/**
 * Removes the folders of submissions that a kill cut short before their row was written: nothing has run there, and they
 * hold the submitter's variables. A folder without a row in which something did run is left alone: its row may have been
 * lost with a database.
 */
export async function removeAbandoned(scope: RunScope): Promise<void> {
  const { runs } = scope.store.paths;
  // A submission that is on its way now is younger than this process.
  const started = Date.now() - process.uptime() * 1000;
  for (const name of await readdir(runs).catch(() => [])) {
    const directory = path.join(runs, name);
    const since = pendingSince(directory);
    if (since === undefined || since >= started || existsSync(path.join(directory, RUN_FILES.spec))) continue;
    if (scope.queries.find(name) === undefined) await rm(directory, { recursive: true, force: true });
  }
}
