import { createTrackerPart } from './api/trackerPart.ts';
import { createDeploymentsPart } from './deployments/deploymentsPart.ts';
import type { Compose } from './lifecycle/tracker.ts';
import { metricsOf } from './metrics/ofWorkspace.ts';
import { createModelsPart } from './models/modelsPart.ts';
import { createRunLookup } from './models/runLookup.ts';
import { createRunsPart } from './runs/runsPart.ts';
import { createWorkspacesPart } from './workspaces/workspacesPart.ts';

/**
 * Wires the parts; nothing else. What one part needs of another it is handed here. A route that no part answers does
 * not compile.
 */
export const compose: Compose = (context, composition) => {
  const tracker = createTrackerPart(context, composition);
  const models = createModelsPart(context, { runs: createRunLookup(metricsOf) });
  const deployments = createDeploymentsPart(context, { registry: models.registry });
  const runs = createRunsPart(context, {
    metrics: metricsOf,
    mintRunToken: (workspace, run) => context.tokens.mint({ kind: 'run', workspace, run }),
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
