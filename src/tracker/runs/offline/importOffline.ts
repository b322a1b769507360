import { cp, lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { RunEnd, RunState } from '../../../shared/domain/run.ts';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { ActivityBoard } from '../../activities/activityBoard.ts';
import type { Logger } from '../../lifecycle/log.ts';
import type { Actor } from '../../workspaces/workspaceStore.ts';
import { announceEnd, registerModels } from '../end/finishRun.ts';
import { RunIngest } from '../follow/ingest.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import type { RunServices } from '../services.ts';
import { findOfflineRuns, type OfflineRun } from './offlineRun.ts';

export interface ImportRequest {
  readonly scope: RunScope;
  readonly folder: string;
  readonly actor: Actor;
  readonly board: ActivityBoard;
  readonly services: RunServices;
  readonly log: Logger;
}

export interface Imported {
  /** Ids, oldest first. */
  readonly runs: string[];
  /** How many of them were there already. */
  readonly known: number;
}

/**
 * Takes in what the logging helper wrote while there was no tracker. Nothing is taken from the folder: importing it again
 * changes nothing, or adds what the program has written since. A kill in between leaves a run that the next import ends.
 *
 * @throws Problem when the folder holds none
 */
export async function importOffline(request: ImportRequest): Promise<Imported> {
  const { scope, board, folder } = request;
  const found = await findOfflineRuns(folder);
  const title = `Importing ${found.length === 1 ? 'a run' : `${found.length} runs`} from ${path.basename(folder)}`;
  let known = 0;
  await board.run({ kind: 'import', title, workspace: scope.store.id }, async (control) => {
    for (const [index, run] of found.entries()) {
      control.signal.throwIfAborted();
      control.report(`${index + 1} of ${found.length}: ${run.spec.runId}`, index / found.length);
      if (await importOne(request, run)) known += 1;
    }
  });
  scope.notices.experiments();
  return { runs: found.map(({ id }) => id), known };
}

/** @returns whether the run was there already */
async function importOne({ scope, actor, services, log }: ImportRequest, offline: OfflineRun): Promise<boolean> {
  const { id, spec } = offline;
  const directory = runDirectory(scope, id);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Appended to only, so that a copy made again begins with what was read before.
  for (const part of [RUN_FILES.metrics, RUN_FILES.outputs]) await copyPart(offline.folder, directory, part);
  const { cwd } = spec.wrapper;
  const { existed } = await scope.store.writer.write(() => {
    const made = scope.repository.create(
      {
        id,
        experiment: path.basename(cwd) || 'offline',
        name: spec.runId,
        state: 'running',
        createdAt: spec.createdMs,
        startedAt: spec.createdMs,
        tags: { 'trainyard.offline': offline.folder },
      },
      actor,
    );
    if (!made.existed) scope.repository.change(id, { detail: { command: spec.argv, workingDirectory: cwd } });
    return made;
  });
  await new RunIngest(scope, id, log).pump(({ metrics }) => {
    for (const [run, keys] of metrics) scope.notices.metrics(run, keys);
  });
  const { state, end } = endOf(offline);
  await scope.store.writer.write(() => {
    scope.metrics.flush([id]);
    const endedAt = offline.end?.endedMs ?? offline.lastWrittenMs;
    // Imported before while it still ran: its end is known only now.
    if (!scope.repository.end(id, state, end, endedAt, actor)) scope.repository.change(id, { state, end, endedAt });
    scope.repository.storeHeadline(id);
  });
  announceEnd(scope, id, null);
  await registerModels({ scope, run: id, services, log });
  return existed;
}

/** Links are left out: what they lead to may be gone, or be none of the run's business. */
async function copyPart(from: string, to: string, part: string): Promise<void> {
  const source = path.join(from, part);
  if (!(await lstat(source).catch(() => undefined))?.isDirectory()) return;
  const filter = async (file: string) => !(await lstat(file)).isSymbolicLink();
  await cp(source, path.join(to, part), { recursive: true, force: true, preserveTimestamps: true, filter });
}

/** What is known, and nothing guessed: a program that was killed has said nothing. */
function endOf({ end }: OfflineRun): { state: RunState; end: RunEnd } {
  if (end === undefined) {
    const message = 'It was made offline, and was killed or still ran when it was imported: nobody recorded its end.';
    return { state: 'unknown', end: { reason: 'lost', message } };
  }
  if (end.error !== null) return { state: 'failed', end: { reason: 'exit', message: end.error } };
  return { state: 'finished', end: { reason: 'exit', message: 'finished' } };
}
