import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import { audit } from '../../workspaces/audit.ts';
import type { Actor } from '../../workspaces/workspaceStore.ts';
import type { Asked } from '../repository/storedRun.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import type { RunSupervisor } from '../supervisor.ts';

export interface CancelRequest {
  readonly scope: RunScope;
  readonly supervisor: RunSupervisor;
  readonly run: string;
  readonly actor: Actor;
  readonly reason: Asked;
  readonly graceMs: number;
}

/**
 * Asks a run to end, at whatever stage it is. Resolves once that is written down; the state changes when nothing of the
 * run lives any more. Children with processes of their own are ended too.
 */
export async function cancelRun(request: CancelRequest): Promise<void> {
  const { scope, supervisor, run, actor, reason } = request;
  const row = scope.queries.row(run);
  for (const child of scope.queries.descendants(run)) {
    const childRow = scope.queries.find(child);
    if (childRow?.folder && ['queued', 'preparing', 'running'].includes(childRow.state)) {
      await cancelRun({ ...request, run: child });
    }
  }
  if (!['queued', 'preparing', 'running'].includes(row.state)) return;
  if (row.folder === null) {
    throw new Problem(
      'invalid',
      'This run has no process of its own; it lives in the process of another run or client.',
      {
        hint: row.parent === null ? 'End the program that logs it.' : 'Cancel its parent.',
      },
    );
  }
  await scope.store.writer.write(() => {
    scope.repository.change(run, { detail: { ending: reason }, activity: row.state === 'running' ? 'ending' : null });
    audit(scope.store.db, { actor, action: 'cancel', kind: 'run', subject: run, detail: { reason } });
  });
  scope.notices.changed(run);
  const directory = runDirectory(scope, run);
  // Before the process is looked for: a wrapper that is only just starting sees the marker and does not start the command.
  await writeFile(path.join(directory, RUN_FILES.cancel), `${reason}\n`).catch(() => undefined);
  if (await supervisor.abortPreparing(run, new Problem('cancelled', 'The run was cancelled.'))) {
    if (scope.queries.find(run)?.state !== 'running') return;
  }
  supervisor.end(scope, run, request.graceMs);
}
