import { pythonFolder } from '../../../shared/programFiles.ts';
import type { Handlers } from '../../api/handlers.ts';
import { localTarget } from '../../compute/localTarget.ts';
import type { TrackerContext } from '../../context.ts';
import type { RunScopes } from '../runScope.ts';

type Names = 'compute.list' | 'env.get';

export function machineHandlers(context: TrackerContext, scopes: RunScopes): Pick<Handlers, Names> {
  return {
    'compute.list': async ({ params }) => {
      const active = scopes.open(params.workspace).queries.active();
      return { targets: [await localTarget(active.filter(({ folder }) => folder !== null).length)] };
    },

    'env.get': ({ params, body }) => {
      const { store } = scopes.open(params.workspace);
      return {
        variables: {
          TRAINYARD_HOME: context.home.root,
          TRAINYARD_WORKSPACE: store.id,
          PYTHONPATH: pythonFolder(),
          ...(body.experiment === undefined ? {} : { TRAINYARD_EXPERIMENT: body.experiment }),
        },
      };
    },
  };
}
