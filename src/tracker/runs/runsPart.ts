import type { Part } from '../api/handlers.ts';
import type { TrackerContext } from '../context.ts';
import { LocalEnvironments } from '../environments/localEnvironments.ts';
import { Snapshotter } from '../snapshots/snapshotter.ts';
import type { WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { cancelRun } from './control/cancelRun.ts';
import { tidyRuns } from './control/tidyRuns.ts';
import { folderHandlers } from './handlers/folderHandlers.ts';
import { logHandlers } from './handlers/logHandlers.ts';
import { machineHandlers } from './handlers/machineHandlers.ts';
import { metricHandlers } from './handlers/metricHandlers.ts';
import { outputHandlers } from './handlers/outputHandlers.ts';
import { type RunHandlerOptions, runHandlers } from './handlers/runHandlers.ts';
import { type RunScope, RunScopes } from './runScope.ts';
import type { RunServices } from './services.ts';
import { RunPreparer } from './submit/preparer.ts';
import { DEFAULT_GRACE_MS, RunSupervisor, type SupervisorOptions } from './supervisor.ts';

export type RunsRoute = keyof ReturnType<typeof handlersOf>;

export interface RunsPart extends Part<RunsRoute> {
  /** Goes on with the runs of a workspace whose database was put in place just now. */
  takeOver(store: WorkspaceStore): void;
}

/** Runs on this machine: submit, prepare, start, follow, end, adopt; their logs, metrics, outputs and snapshots. */
export function createRunsPart(context: TrackerContext, services: RunServices): RunsPart {
  const scopes = new RunScopes(context, services);
  const environments = new LocalEnvironments(context.home.environments, context.activities);
  const snapshotter = new Snapshotter();
  const preparer = new RunPreparer({ context, services, environments, snapshotter });
  const tidy = (scope: RunScope) => tidyRuns(scope, snapshotter, context.log);
  const limitReached: SupervisorOptions['limitReached'] = async (scope, run, reason) => {
    // It may be ending already, for this or another reason, which then stands.
    if (scope.queries.stored(run).ending !== undefined) return;
    await cancelRun({ scope, supervisor, run, actor: 'tracker', reason, graceMs: DEFAULT_GRACE_MS });
  };
  const supervisor = new RunSupervisor({ context, scopes, services, preparer, tidy, limitReached });
  return {
    takeOver: (store) => supervisor.takeOver(scopes.of(store)),
    handlers: handlersOf({ context, scopes, services, supervisor, snapshotter }),
    start: () => supervisor.start(),
    stop: async () => {
      await supervisor.stop();
      snapshotter.dispose();
      scopes.close();
    },
    busy: () => {
      const active = supervisor.activeRuns;
      return active === 0 ? undefined : `${active} active ${active === 1 ? 'run' : 'runs'}`;
    },
  };
}

function handlersOf(options: RunHandlerOptions & { readonly snapshotter: Snapshotter }) {
  const { context, scopes, snapshotter } = options;
  return {
    ...runHandlers(options),
    ...logHandlers(scopes),
    ...outputHandlers(scopes),
    ...metricHandlers(scopes),
    ...folderHandlers(context, snapshotter),
    ...machineHandlers(context, scopes),
  };
}
