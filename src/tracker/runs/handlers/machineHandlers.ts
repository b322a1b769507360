import type { Handlers } from '../../api/handlers.ts';
import { localTarget } from '../../compute/localTarget.ts';
import type { TrackerContext } from '../../context.ts';
import type { RunScopes } from '../runScope.ts';
import type { RunServices } from '../services.ts';

type Names = 'compute.list' | 'env.get';

export function machineHandlers(
  context: TrackerContext,
  scopes: RunScopes,
  services: RunServices,
): Pick<Handlers, Names> {
  return {
    'compute.list': async ({ params }) => {
      const active = scopes.open(params.workspace).queries.active();
      return { targets: [await localTarget(active.filter(({ folder }) => folder !== null).length)] };
    },

    'env.get': ({ params, body }) => {
      const { store } = scopes.open(params.workspace);
      return {
        variables: {
          MLFLOW_TRACKING_URI: `${context.address()}/w/${store.id}`,
          MLFLOW_TRACKING_TOKEN: services.mintTerminalToken(store.id),
          TRAINYARD_HOME: context.home.root,
          TRAINYARD_WORKSPACE: store.id,
          ...(body.experiment === undefined ? {} : { MLFLOW_EXPERIMENT_NAME: body.experiment }),
        },
      };
    },
  };
}
