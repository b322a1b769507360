import { Problem } from '../../shared/api/error.ts';
import type { Part } from '../api/handlers.ts';
import type { TrackerContext } from '../context.ts';
import type { ModelRegistry } from '../models/modelRegistry.ts';
import { actorOf } from '../workspaces/audit.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { StatsReader, testRequest } from './askService.ts';
import { createDeployment, replacedBy } from './createDeployment.ts';
import type { DeploymentRow } from './deploymentRows.ts';
import { DeploymentStore } from './deploymentStore.ts';
import { DeploymentSupervisor } from './deploymentSupervisor.ts';
import { Hosts } from './hosts.ts';
import { Images } from './images.ts';

export type DeploymentRouteName =
  | 'images.list'
  | 'images.delete'
  | 'deployments.list'
  | 'deployments.get'
  | 'deployments.create'
  | 'deployments.start'
  | 'deployments.stop'
  | 'deployments.delete'
  | 'deployments.log'
  | 'deployments.stats'
  | 'deployments.invoke';

export interface DeploymentServices {
  readonly registry: ModelRegistry;
}

export interface DeploymentsPart extends Part<DeploymentRouteName> {
  /** Ends and removes every deployment of a workspace that is about to be deleted. */
  removeAll(store: WorkspaceStore, actor: Actor): Promise<void>;
}

const LOG_LINES = 500;

/** Images and deployments over the API. */
export function createDeploymentsPart(context: TrackerContext, { registry }: DeploymentServices): DeploymentsPart {
  const { workspaces, log, activities } = context;
  const deployments = new DeploymentStore(context.events, registry);
  const hosts = new Hosts({
    home: context.home.root,
    program: `trainyard ${context.version}`,
    hashOf: ({ workspace, model, version }) =>
      registry.version(workspaces.open(workspace), model, String(version)).info.hash,
    onChange: (id) => void supervisor.look(id),
  });
  const stores = () => workspaces.all();
  const supervisor = new DeploymentSupervisor({ deployments, hosts, activities, log, stores });
  const images = new Images(hosts, registry);
  const stats = new StatsReader();
  const open = (params: { workspace: string }) => workspaces.open(params.workspace);
  const at = (params: { workspace: string; deployment: string }) => {
    const store = open(params);
    return { store, row: deployments.find(store, params.deployment) };
  };
  return {
    removeAll: async (store, actor) => {
      for (const row of deployments.rows(store)) await supervisor.delete(store, row, actor);
    },
    handlers: {
      'images.list': ({ params }) => images.list(open(params)),
      'images.delete': async ({ params, caller }) => {
        await images.delete(open(params), params.image, actorOf(caller));
        return {};
      },
      'deployments.list': ({ params }) => {
        const store = open(params);
        return { deployments: deployments.rows(store).map((row) => deployments.present(store, row)) };
      },
      'deployments.get': ({ params }) => {
        const { store, row } = at(params);
        return deployments.present(store, row);
      },
      'deployments.create': async ({ params, body, caller }) => {
        const store = open(params);
        const moved = replacedBy({ registry, deployments }, store, body);
        if (moved) {
          const { activity } = supervisor.replace(store, moved.row, moved.next, actorOf(caller));
          return { deployment: deployments.present(store, moved.row), activity };
        }
        const row = await createDeployment({ registry, deployments, hosts }, store, body, actorOf(caller));
        const { activity } = supervisor.bring(store, row);
        return { deployment: deployments.present(store, row), activity };
      },
      'deployments.start': async ({ params, caller }) => {
        const { store, row } = at(params);
        return deployments.present(store, await supervisor.start(store, row, actorOf(caller)));
      },
      'deployments.stop': async ({ params, caller }) => {
        const { store, row } = at(params);
        return deployments.present(store, await supervisor.stop(store, row, actorOf(caller)));
      },
      'deployments.delete': async ({ params, caller }) => {
        const { store, row } = at(params);
        await supervisor.delete(store, row, actorOf(caller));
        return {};
      },
      'deployments.log': async ({ params, query }) => {
        const { store, row } = at(params);
        const body = await hosts.of(row.kind, row.engine).log(deployments.spec(store, row), query.tail ?? LOG_LINES);
        return { body, contentType: 'text/plain; charset=utf-8' };
      },
      'deployments.stats': async ({ params }) => {
        const { store, row } = at(params);
        const port = portOf(row);
        const usage = await hosts.of(row.kind, row.engine).usage(deployments.spec(store, row));
        return stats.read(row.id, port, usage);
      },
      'deployments.invoke': ({ params, body }) =>
        testRequest(portOf(at(params).row), body.path ?? '/invocations', body.input),
    },
    // Engines may take seconds to answer, and nobody waits for them: what is stored is shown until they do.
    start: () => {
      supervisor
        .reconcile()
        .catch((error: Error) => log.error({ reason: error.message }, 'deployments not reconciled'));
    },
    stop: () => {
      supervisor.close();
      hosts.close();
    },
    busy: () => {
      const running = stores()
        .flatMap((store) => deployments.rows(store))
        .filter((row) => row.wanted === 'running');
      if (running.length === 0) return undefined;
      return `${running.length} running ${running.length === 1 ? 'deployment' : 'deployments'}`;
    },
  };
}

function portOf(row: DeploymentRow): number {
  if (row.port !== null && row.wanted === 'running') return row.port;
  throw new Problem('unavailable', `The deployment ${JSON.stringify(row.name)} is ${row.state}.`, {
    hint: 'Start it first.',
  });
}
