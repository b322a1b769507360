import { Problem } from '../../shared/api/error.ts';
import type { Part } from '../api/handlers.ts';
import type { TrackerContext } from '../context.ts';
import { actorOf, listAudit } from './audit.ts';
import { listBackups, makeBackup } from './backups.ts';
import { contentsOf, count, countActiveRuns } from './contents.ts';
import {
  deleteExperiment,
  getExperiment,
  listExperiments,
  restoreExperiment,
  updateExperiment,
} from './experiments.ts';
import type { WorkspaceRegistry } from './registry.ts';
import type { Actor, WorkspaceStore } from './workspaceStore.ts';

type Names =
  | 'workspaces.list'
  | 'workspaces.create'
  | 'workspaces.update'
  | 'workspaces.contents'
  | 'workspaces.delete'
  | 'workspaces.backups'
  | 'workspaces.backup'
  | 'workspaces.restore'
  | 'audit.list'
  | 'experiments.list'
  | 'experiments.update'
  | 'experiments.delete'
  | 'experiments.restore';

export interface WorkspaceServices {
  /** Ends what runs for a workspace outside of it, such as containers, before it is deleted. */
  beforeDelete?(store: WorkspaceStore, actor: Actor): Promise<void>;
  /** Goes on with what an older database says is going on. */
  afterRestore?(store: WorkspaceStore): void;
}

/** Workspaces, experiments and the audit trail over the API. */
export function createWorkspacesPart(
  context: TrackerContext,
  registry: WorkspaceRegistry,
  services: WorkspaceServices = {},
): Part<Names> {
  const { events } = context;
  return {
    handlers: {
      'workspaces.list': () => ({ workspaces: registry.list() }),
      'workspaces.create': ({ body, caller }) => registry.create(cleanName(body.name), actorOf(caller)),
      'workspaces.update': ({ params, body, caller }) =>
        registry.update(
          params.workspace,
          { ...body, ...(body.name === undefined ? {} : { name: cleanName(body.name) }) },
          actorOf(caller),
        ),
      'workspaces.contents': ({ params }) => contentsOf(registry.open(params.workspace)),
      'workspaces.delete': async ({ params, query, caller }) => {
        const store = refuseDeletion(registry, params.workspace, query.confirm);
        if (store !== undefined) {
          await services.beforeDelete?.(store, actorOf(caller));
          // That may take seconds, in which somebody may have started a run.
          refuseDeletion(registry, params.workspace, query.confirm);
        }
        await registry.delete(params.workspace, actorOf(caller));
        return {};
      },
      'workspaces.backups': ({ params }) => ({ backups: listBackups(registry.paths(params.workspace).backups) }),
      'workspaces.backup': ({ params }) => {
        const { id, db, paths } = registry.open(params.workspace);
        const title = `Backing up workspace ${id}`;
        return context.activities.run({ kind: 'backup', title, workspace: id }, () =>
          makeBackup(db, paths.backups, 'asked'),
        );
      },
      'workspaces.restore': ({ params, body, caller }) => {
        refuseRestore(registry, params.workspace);
        const { restored, setAside } = registry.restore(params.workspace, body.backup, actorOf(caller));
        services.afterRestore?.(registry.open(params.workspace));
        return { restored, ...(setAside === undefined ? {} : { setAside }) };
      },
      'audit.list': ({ params, query }) => ({ entries: listAudit(registry.open(params.workspace).db, query) }),
      'experiments.list': ({ params, query }) => ({
        experiments: listExperiments(registry.open(params.workspace).db, query.deleted ?? false),
      }),
      'experiments.update': async ({ params, body, caller }) => {
        const store = registry.open(params.workspace);
        const experiment = await updateExperiment(store, params.experiment, body, actorOf(caller));
        events.emit({ type: 'experiments', workspace: store.id });
        return experiment;
      },
      'experiments.delete': async ({ params, caller }) => {
        const store = registry.open(params.workspace);
        const runs = await deleteExperiment(store, params.experiment, actorOf(caller));
        for (const run of runs) events.emit({ type: 'run-removed', workspace: store.id, run });
        events.emit({ type: 'experiments', workspace: store.id });
        return {};
      },
      'experiments.restore': async ({ params, caller }) => {
        const store = registry.open(params.workspace);
        await restoreExperiment(store, params.experiment, actorOf(caller));
        events.emit({ type: 'experiments', workspace: store.id });
        return getExperiment(store.db, params.experiment);
      },
    },
  };
}

/** Names are shown in one line: no control characters, no blanks around. */
function cleanName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
  const clean = name.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  if (clean === '') throw new Problem('invalid', 'A name needs at least one letter.');
  return clean;
}

/** A database that cannot be opened any more is what restoring is for. */
function refuseRestore(registry: WorkspaceRegistry, id: string): void {
  let active = 0;
  try {
    active = countActiveRuns(registry.open(id).db);
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'not-found') throw error;
  }
  if (active === 0) return;
  throw new Problem('in-use', `${active} runs of this workspace are active.`, {
    hint: 'Wait for them or cancel them; a restored database would not know of them.',
  });
}

/**
 * @returns the store; undefined for one that is damaged beyond opening, which can still be deleted
 * @throws Problem naming what stands in the way.
 */
function refuseDeletion(registry: WorkspaceRegistry, id: string, confirm: string): WorkspaceStore | undefined {
  const workspace = registry.get(id);
  if (confirm !== workspace.name) {
    throw new Problem('invalid', `\`confirm\` must be the name of the workspace, ${workspace.name}.`);
  }
  if (workspace.isDefault) {
    throw new Problem('in-use', `${workspace.name} is the default workspace.`, {
      hint: 'Make another workspace the default first.',
    });
  }
  const store = openSound(registry, id);
  if (store === undefined) return undefined;
  const active = countActiveRuns(store.db);
  const deployments = count(store.db, 'deployment', `state NOT IN ('stopped', 'failed')`);
  if (active + deployments === 0) return store;
  const what = [active > 0 ? `${active} active runs` : '', deployments > 0 ? `${deployments} running deployments` : ''];
  throw new Problem('in-use', `${workspace.name} has ${what.filter(Boolean).join(' and ')}.`, {
    hint: 'Cancel or stop them first.',
  });
}

function openSound(registry: WorkspaceRegistry, id: string): WorkspaceStore | undefined {
  try {
    return registry.open(id);
  } catch (error) {
    if (error instanceof Problem && error.code === 'corrupt') return undefined;
    throw error;
  }
}
