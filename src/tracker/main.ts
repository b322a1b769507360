import { Problem } from '../shared/api/error.ts';
import { EXIT_ALREADY_RUNNING, EXIT_REFUSED } from '../shared/discovery.ts';
import { createTrackerPart } from './api/trackerPart.ts';
import { createDeploymentsPart } from './deployments/deploymentsPart.ts';
import { parseTrackerArguments } from './lifecycle/arguments.ts';
import { type Compose, runTracker } from './lifecycle/tracker.ts';
import { metricsOf } from './metrics/ofWorkspace.ts';
import { createModelsPart } from './models/modelsPart.ts';
import { createRunLookup } from './models/runLookup.ts';
import { createRunsPart } from './runs/runsPart.ts';
import { createWorkspacesPart } from './workspaces/workspacesPart.ts';

/**
 * Wires the parts; nothing else. What one part needs of another it is handed here. A route that no part answers does
 * not compile.
 */
const compose: Compose = (context, composition) => {
  const tracker = createTrackerPart(context, composition);
  const models = createModelsPart(context, { runs: createRunLookup(metricsOf) });
  const deployments = createDeploymentsPart(context, { registry: models.registry });
  const runs = createRunsPart(context, {
    metrics: metricsOf,
    mintRunToken: (workspace, run) => context.tokens.mint({ kind: 'run', workspace, run }),
    mintTerminalToken: (workspace) => context.tokens.mint({ kind: 'terminal', workspace }),
    registerModel: models.registerModel,
    usersOfRun: models.usersOfRun,
  });
  const workspaces = createWorkspacesPart(context, composition.registry, {
    beforeDelete: deployments.removeAll,
    afterRestore: runs.takeOver,
  });
  return {
    parts: [tracker, workspaces, runs, models, deployments],
    handlers: {
      ...tracker.handlers,
      ...workspaces.handlers,
      ...runs.handlers,
      ...models.handlers,
      ...deployments.handlers,
    },
  };
};

runTracker(parseTrackerArguments(process.argv.slice(2), process.env), compose).catch((error: unknown) => {
  if (error instanceof Problem) {
    process.stderr.write(`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`);
    process.exit(error.code === 'already-running' ? EXIT_ALREADY_RUNNING : EXIT_REFUSED);
  }
  process.stderr.write(`The tracker could not start: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
