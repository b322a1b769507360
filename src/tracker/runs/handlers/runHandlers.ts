import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import type { RunSummary } from '../../../shared/domain/run.ts';
import { isActive } from '../../../shared/runState.ts';
import type { Handlers } from '../../api/handlers.ts';
import type { TrackerContext } from '../../context.ts';
import { actorOf, audit } from '../../workspaces/audit.ts';
import type { Actor } from '../../workspaces/workspaceStore.ts';
import { cancelRun } from '../control/cancelRun.ts';
import { moveRuns } from '../move/moveRuns.ts';
import { importOffline } from '../offline/importOffline.ts';
import { listRuns } from '../repository/runList.ts';
import type { Asked } from '../repository/storedRun.ts';
import { type RunScope, type RunScopes, runDirectory } from '../runScope.ts';
import type { RunServices } from '../services.ts';
import { type Submission, submitRun } from '../submit/submitRun.ts';
import { ownVariables, submittedAgain } from '../submit/variables.ts';
import { DEFAULT_GRACE_MS, type RunSupervisor } from '../supervisor.ts';

type Names =
  | 'runs.submit'
  | 'runs.importOffline'
  | 'runs.list'
  | 'runs.get'
  | 'runs.update'
  | 'runs.cancel'
  | 'runs.retry'
  | 'runs.delete'
  | 'runs.restore'
  | 'workspaces.moveRuns';

export interface RunHandlerOptions {
  readonly context: TrackerContext;
  readonly scopes: RunScopes;
  readonly services: RunServices;
  readonly supervisor: RunSupervisor;
}

export function runHandlers({ context, scopes, services, supervisor }: RunHandlerOptions): Pick<Handlers, Names> {
  const cancel = (scope: RunScope, run: string, actor: Actor, reason: Asked, graceMs: number) =>
    cancelRun({ scope, supervisor, run, actor, reason, graceMs });

  const submit = async (scope: RunScope, submission: Submission, actor: Actor): Promise<RunSummary> => {
    const { id, existed } = await submitRun(scope, submission, actor);
    if (!existed) {
      const { supersedes, parent } = submission;
      try {
        const olds = supersedes === undefined ? [] : scope.queries.superseded(supersedes, id);
        for (const old of olds) await cancel(scope, old, actor, 'superseded', 2000);
      } finally {
        // Whatever an older one says to it (a full disk), this one is written down and must not wait for ever.
        supervisor.prepare(scope, id);
      }
      scope.notices.changed(id);
      if (parent !== undefined) scope.notices.changed(parent);
      scope.notices.experiments();
    }
    return scope.queries.summary(id);
  };

  return {
    'runs.submit': ({ params, body, caller }) => submit(scopes.open(params.workspace), body, actorOf(caller)),

    'runs.importOffline': async ({ params, body, caller }) => {
      if (!path.isAbsolute(body.folder) || body.folder.includes('\0')) {
        throw new Problem('invalid', `The folder must be an absolute path, not ${JSON.stringify(body.folder)}.`);
      }
      const scope = scopes.open(params.workspace);
      const { runs, known } = await importOffline({
        scope,
        folder: path.resolve(body.folder),
        actor: actorOf(caller),
        board: context.activities,
        services,
        log: context.log,
      });
      return { runs: runs.map((run) => scope.queries.summary(run)), known };
    },

    'runs.list': ({ params, query }) => {
      const scope = scopes.open(params.workspace);
      const { rows, total, cursor } = listRuns(scope.store.db, query);
      return { runs: scope.queries.summaries(rows), total, ...(cursor === undefined ? {} : { cursor }) };
    },

    'runs.get': ({ params }) => {
      const scope = scopes.open(params.workspace);
      return scope.queries.detail(params.run, runDirectory(scope, params.run));
    },

    'runs.update': async ({ params, body, caller }) => {
      const scope = scopes.open(params.workspace);
      scope.queries.row(params.run, { withDeleted: true });
      const { experiment, tags, ...change } = body;
      await scope.store.writer.write(() => {
        scope.repository.change(params.run, change);
        if (tags !== undefined) scope.repository.setTags(params.run, tags);
        if (experiment !== undefined) scope.repository.moveToExperiment(params.run, experiment, actorOf(caller));
        audit(scope.store.db, {
          actor: actorOf(caller),
          action: 'update',
          kind: 'run',
          subject: params.run,
          detail: { ...body },
        });
      });
      scope.notices.changed(params.run);
      if (experiment !== undefined) scope.notices.experiments();
      return scope.queries.summary(params.run);
    },

    'runs.cancel': async ({ params, body, caller }) => {
      const scope = scopes.open(params.workspace);
      await cancel(scope, params.run, actorOf(caller), 'cancelled', body.graceMs ?? DEFAULT_GRACE_MS);
      return scope.queries.summary(params.run);
    },

    'runs.retry': ({ params, body, caller }) => {
      const scope = scopes.open(params.workspace);
      return submit(scope, { ...retryOf(scope, params.run, body.from), requestId: body.requestId }, actorOf(caller));
    },

    'runs.delete': async ({ params, caller }) => {
      const scope = scopes.open(params.workspace);
      refuseDeletion(scope, services, params.run);
      const removed = await scope.store.writer.write(() => scope.repository.markDeleted(params.run, actorOf(caller)));
      for (const run of removed) scope.notices.removed(run);
      scope.notices.experiments();
      return {};
    },

    'runs.restore': async ({ params, caller }) => {
      const scope = scopes.open(params.workspace);
      const restored = await scope.store.writer.write(() => scope.repository.restore(params.run, actorOf(caller)));
      for (const run of restored) scope.notices.changed(run);
      scope.notices.experiments();
      return scope.queries.summary(params.run);
    },

    'workspaces.moveRuns': ({ params, body, caller }) =>
      moveRuns({
        from: scopes.open(params.workspace),
        to: scopes.open(body.to),
        runs: body.runs,
        folder: body.folder,
        actor: actorOf(caller),
        board: context.activities,
        services,
        log: context.log,
      }),
  };
}

/** The submission that repeats a run: its configuration, and the variables that its record shows. */
function retryOf(scope: RunScope, run: string, from: 'snapshot' | 'folder'): Submission {
  const row = scope.queries.row(run);
  const stored = scope.queries.stored(run);
  if (stored.configuration === undefined || row.folder === null) {
    throw new Problem('invalid', 'This run was made by a client, not submitted, so it cannot be repeated from here.', {
      hint: 'Run its program again.',
    });
  }
  if (from === 'snapshot' && row.snapshot === null) {
    throw new Problem('invalid', 'This run ended before its snapshot was taken.', {
      hint: 'Retry from the folder as it is now.',
    });
  }
  return {
    folder: row.folder,
    configuration: stored.configuration,
    configurationName: row.configuration ?? undefined,
    variables: { ...ownVariables(), ...submittedAgain(stored.variables ?? {}) },
    parent: row.parent ?? undefined,
    attempt: row.attempt + 1,
    tags: { 'trainyard.retryOf': run },
    ...(from === 'snapshot' && row.snapshot !== null ? { snapshot: row.snapshot } : {}),
  };
}

function refuseDeletion(scope: RunScope, services: RunServices, run: string): void {
  scope.queries.row(run);
  for (const id of [run, ...scope.queries.descendants(run)]) {
    const row = scope.queries.find(id);
    if (row && isActive(row.state)) {
      throw new Problem('in-use', `${row.name} is ${row.state}; a run is deleted after its end.`, {
        hint: 'Cancel it first.',
      });
    }
    const users = services.usersOfRun?.(scope.store, id) ?? [];
    if (row && users.length > 0) {
      throw new Problem('in-use', `${row.name} is in use by ${users.join(', ')}.`, {
        hint: 'Delete what uses it first.',
      });
    }
  }
}
