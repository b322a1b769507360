import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Handlers } from '../../api/handlers.ts';
import { readLog } from '../log/readLog.ts';
import { type RunScope, type RunScopes, runDirectory } from '../runScope.ts';

type Names = 'runs.log';

export function logHandlers(scopes: RunScopes): Pick<Handlers, Names> {
  return {
    'runs.log': async ({ params, query }) => {
      const scope = scopes.open(params.workspace);
      const { bytes, offset, size } = await readLog(logFile(scope, params.run), query.offset, query.limit);
      return {
        body: bytes,
        contentType: 'text/plain; charset=utf-8',
        headers: { 'X-Log-Offset': String(offset), 'X-Log-Size': String(size) },
      };
    },
  };
}

/** The log of a run's process; a child within a process has its parent's. */
export function logFile(scope: RunScope, run: string): string {
  const row = scope.queries.row(run, { withDeleted: true });
  if (row.folder === null && row.parent !== null) return logFile(scope, row.parent);
  return path.join(runDirectory(scope, run), RUN_FILES.output);
}
