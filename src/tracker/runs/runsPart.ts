import type { Part } from '../api/handlers.ts';
import type { TrackerContext } from '../context.ts';
import { LocalEnvironments } from '../environments/localEnvironments.ts';
import { logHandlers } from './handlers/logHandlers.ts';
import { runHandlers } from './handlers/runHandlers.ts';
import { RunScopes } from './runScope.ts';
import type { RunServices } from './services.ts';
import { RunPreparer } from './submit/preparer.ts';
import { RunSupervisor } from './supervisor.ts';

export type RunsRoute = keyof ReturnType<typeof handlersOf>;

/** Runs on this machine: submit, prepare, start, follow, end, adopt; their logs, metrics, outputs and snapshots. */
export function createRunsPart(context: TrackerContext, services: RunServices): Part<RunsRoute> {
  const scopes = new RunScopes(context, services);
  const environments = new LocalEnvironments(context.home.environments, context.activities);
  const preparer = new RunPreparer({ context, services, environments });
  const supervisor = new RunSupervisor({ context, scopes, services, preparer });
  return {
    handlers: handlersOf({ context, scopes, services, supervisor }),
    start: () => supervisor.start(),
    stop: async () => {
      await supervisor.stop();
      scopes.close();
    },
    busy: () => {
      const active = supervisor.activeRuns;
      return active === 0 ? undefined : `${active} active ${active === 1 ? 'run' : 'runs'}`;
    },
  };
}

function handlersOf(options: Parameters<typeof runHandlers>[0]) {
  return { ...runHandlers(options), ...logHandlers(options.scopes) };
}
