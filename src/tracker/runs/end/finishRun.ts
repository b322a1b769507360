import { rm } from 'node:fs/promises';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Logger } from '../../lifecycle/log.ts';
import { type FoundExit, logSize } from '../follow/runFolder.ts';
import { lastErrorLine } from '../log/lastError.ts';
import { readLog } from '../log/readLog.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import type { RunServices } from '../services.ts';
import { collectOutputs } from './collectOutputs.ts';
import { endingOf } from './runEnding.ts';

const TAIL_BYTES = 64 * 1024;

export interface FinishRequest {
  readonly scope: RunScope;
  readonly run: string;
  readonly exit: FoundExit | undefined;
  readonly services: RunServices;
  readonly log: Logger;
}

/**
 * Ends a run whose process has ended and whose records are taken in: collects what it left, and only then says so. All
 * of it can be done again, so a tracker that is killed here begins anew.
 */
export async function finishRun({ scope, run, exit, services, log }: FinishRequest): Promise<void> {
  const row = scope.queries.find(run);
  if (row === undefined) return;
  const directory = runDirectory(scope, run);
  const stored = scope.queries.stored(run);
  try {
    await collectOutputs({ scope, row, stored, directory });
    // Before the end is written: afterwards nobody would come back for it after a kill.
    await rm(path.join(directory, RUN_FILES.code), { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    // A full disk must not make a finished training look unfinished; what was not moved stays in the run's folder.
    log.error({ run, err: error }, 'not all outputs could be collected');
    await scope.store.writer.write(() =>
      scope.repository.setTags(run, { 'trainyard.outputs': `incomplete: ${messageOf(error)}` }),
    );
  }
  const size = logSize(directory);
  const tail = await readLog(path.join(directory, RUN_FILES.output), -TAIL_BYTES, TAIL_BYTES);
  const { state, end } = endingOf({
    exit,
    asked: stored.ending,
    resources: stored.configuration?.resources,
    lastError: lastErrorLine(tail.bytes.toString('utf8')),
    peakMemory: scope.metrics.series(run).find(({ key }) => key === 'system/memory')?.max,
  });
  const endedAt = exit !== undefined && 'record' in exit ? exit.record.endedMs : Date.now();
  await scope.store.writer.write(() => {
    scope.metrics.flush([run]);
    scope.repository.end(run, state, end, endedAt, 'tracker', { logBytes: size });
  });
  announceEnd(scope, run, row.parent);
  await registerModels({ scope, run, services, log });
}

export function announceEnd(scope: RunScope, run: string, parent: string | null): void {
  scope.notices.changed(run);
  for (const child of scope.queries.descendants(run)) scope.notices.changed(child);
  if (parent !== null) scope.notices.changed(parent);
  scope.notices.outputs(run);
  scope.notices.experiments();
}

/** Hands the models that the run logged to the registry, each once, also when a tracker was killed between two. */
export async function registerModels({ scope, run, services, log }: Omit<FinishRequest, 'exit'>): Promise<void> {
  for (const id of [run, ...scope.queries.descendants(run)]) {
    for (const model of scope.records.models(id)) {
      if (services.registerModel === undefined) return;
      let problem: string | undefined;
      try {
        // The files of a child run are in the outputs of the run whose process made them.
        await services.registerModel(
          scope.store,
          { run, name: model.name, path: model.path, requestId: model.request },
          `run ${run}`,
        );
      } catch (error) {
        problem = messageOf(error);
        log.warn({ run, model: model.name, err: error }, 'a logged model could not be registered');
      }
      await scope.store.writer.write(() => {
        scope.records.markModel(id, model.request, problem);
        if (problem !== undefined)
          scope.repository.setTags(run, { [`trainyard.model.${model.name}`]: problem.slice(0, 500) });
      });
      if (problem !== undefined) scope.notices.changed(run);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
