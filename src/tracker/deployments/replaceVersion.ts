import { Problem } from '../../shared/api/error.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import type { DeploymentRow } from './deploymentRows.ts';
import type { DeploymentStore } from './deploymentStore.ts';
import { startOnPort } from './ports.ts';
import type { HostControl, ServiceHost, ServiceSpec } from './serviceHost.ts';
import { untilHealthy } from './untilHealthy.ts';

export interface Replacement {
  readonly store: WorkspaceStore;
  readonly deployments: DeploymentStore;
  readonly host: ServiceHost;
  /** The deployment as it serves now. */
  readonly row: DeploymentRow;
  /** The version that it is to serve. */
  readonly next: Pick<DeploymentRow, 'model' | 'model_name' | 'version'>;
  readonly reserved: ReadonlySet<number>;
  readonly actor: Actor;
  readonly control: HostControl;
  readonly within?: number | undefined;
}

/**
 * Moves a deployment to another version of a model. The new one proves itself on a port of its own while the old one
 * serves; only then they change places, which takes as long as a start. Whatever fails, the old one serves in the end.
 *
 * @throws Problem saying what failed and what serves now
 */
export async function replaceVersion(replacement: Replacement): Promise<void> {
  const { store, deployments, host, row, next, control, actor } = replacement;
  const target: DeploymentRow = { ...row, ...next };
  const image = await host.prepare(deployments.spec(store, target), control);
  if (image) await deployments.recordImage(store, target, image);
  const spec = { ...deployments.spec(store, target), image: image?.tag };
  try {
    await prove(replacement, spec);
    control.report('Changing places');
    await swap(replacement, spec);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem('unhealthy', `${why} ${row.model_name}:${row.version} still serves.`, {
      hint: 'Nothing was changed.',
      details: error instanceof Problem ? error.details : undefined,
    });
  }
  const change = { ...next, image: image?.tag ?? null, state: 'healthy' as const, message: null };
  const detail = { from: `${row.model_name}:${row.version}`, to: `${next.model_name}:${next.version}` };
  const { model, version } = next;
  const { image: tag, state, message } = change;
  await deployments.change(
    store,
    row.id,
    { model, version, image: tag, state, message },
    { actor, action: 'update', detail },
  );
}

/** Runs the new version beside the old one until it is healthy; whatever happens, it is gone afterwards. */
async function prove({ host, reserved, control, within }: Replacement, spec: ServiceSpec): Promise<void> {
  // An id that no row has: should the tracker be killed now, the next one removes the container as litter.
  const candidate = { ...spec, id: `next-${spec.id}`, name: `${spec.name}-next`, folder: `${spec.folder}-next` };
  control.report('Trying the new version beside the old one');
  try {
    const port = await startOnPort(undefined, reserved, (one) => host.start(candidate, one));
    await untilHealthy(host, candidate, port, control.signal, within);
  } finally {
    await host.remove(candidate);
  }
}

async function swap(replacement: Replacement, spec: ServiceSpec): Promise<void> {
  const { store, deployments, host, row, next, control, within } = replacement;
  const old = deployments.spec(store, row);
  const port = row.port ?? 0;
  const { model, version } = next;
  // Said before it is done: a tracker that is killed from here on must not leave a row that names the old version
  // beside a service of the new one. The next tracker goes on with the new one, which has proved itself.
  await deployments.change(store, row.id, { model, version, image: spec.image ?? null, state: 'starting' });
  try {
    await host.remove(old);
    await host.start(spec, port);
    await untilHealthy(host, spec, port, control.signal, within);
  } catch (error) {
    await host.remove(spec);
    await host.start(old, port);
    const { state, image } = row;
    await deployments.change(store, row.id, { model: row.model, version: row.version, image, state });
    throw error;
  }
}
