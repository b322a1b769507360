import fs from 'node:fs';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Handlers } from '../../api/handlers.ts';
import { findErrors } from '../log/findErrors.ts';
import { mapFrames } from '../log/mapFrames.ts';
import { readLog } from '../log/readLog.ts';
import { searchLog } from '../log/searchLog.ts';
import { type RunScope, type RunScopes, runDirectory } from '../runScope.ts';

type Names = 'runs.log' | 'runs.searchLog' | 'runs.errors';

export function logHandlers(scopes: RunScopes): Pick<Handlers, Names> {
  return {
    'runs.log': async ({ params, query }) => {
      const scope = scopes.open(params.workspace);
      const { bytes, offset, size } = await readLog(logOf(scope, params.run).file, query.offset, query.limit);
      return {
        body: bytes,
        contentType: 'text/plain; charset=utf-8',
        headers: { 'X-Log-Offset': String(offset), 'X-Log-Size': String(size) },
      };
    },

    'runs.searchLog': ({ params, query, signal }) =>
      searchLog(logOf(scopes.open(params.workspace), params.run).file, { ...query, signal }),

    'runs.errors': async ({ params, signal }) => {
      const scope = scopes.open(params.workspace);
      const { file, run } = logOf(scope, params.run);
      const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      const { executionRoot, workingDirectory } = scope.queries.stored(run);
      const folder = scope.queries.row(run, { withDeleted: true }).folder ?? undefined;
      const found = await findErrors(file, size, signal);
      const mapping = { executionRoot, folder, workingDirectory };
      return { errors: found.map((error) => ({ ...error, frames: mapFrames(error.frames, mapping) })) };
    },
  };
}

/** The log of a run's process, and whose it is; a child within a process has its parent's. */
export function logOf(scope: RunScope, run: string): { file: string; run: string } {
  const row = scope.queries.row(run, { withDeleted: true });
  if (row.folder === null && row.parent !== null) return logOf(scope, row.parent);
  return { file: path.join(runDirectory(scope, run), RUN_FILES.output), run };
}
