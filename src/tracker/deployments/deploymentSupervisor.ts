import fs from 'node:fs';
import { Problem } from '../../shared/api/error.ts';
import type { ActivityBoard, ActivityControl } from '../activities/activityBoard.ts';
import type { Logger } from '../lifecycle/log.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import type { DeploymentRow } from './deploymentRows.ts';
import type { DeploymentStore } from './deploymentStore.ts';
import type { Hosts } from './hosts.ts';
import { startOnPort } from './ports.ts';
import { removeOrphans } from './process/removeOrphans.ts';
import { replaceVersion } from './replaceVersion.ts';
import { Restarts } from './restarts.ts';
import type { HostState, ServiceHost, ServiceSpec } from './serviceHost.ts';
import { untilHealthy } from './untilHealthy.ts';

export interface SupervisorOptions {
  readonly deployments: DeploymentStore;
  readonly hosts: Hosts;
  readonly activities: ActivityBoard;
  readonly log: Logger;
  /** Every workspace that is open. */
  stores(): readonly WorkspaceStore[];
  /** Milliseconds that a service may take until it is healthy. */
  readonly healthyWithinMs?: number;
}

/** An activity that has begun, and its end. */
export interface Started {
  readonly activity: string;
  readonly done: Promise<void>;
}

type Work = (control: ActivityControl) => Promise<void>;

export type NextVersion = Pick<DeploymentRow, 'model' | 'model_name' | 'version'>;

/** Brings services up and down, keeps their rows true, and takes up again what an earlier tracker left. */
export class DeploymentSupervisor {
  readonly #options: SupervisorOptions;
  readonly #restarts: Restarts;
  /** What is being done to a deployment; the next thing waits for it. */
  readonly #working = new Map<string, Promise<unknown>>();
  /** Activities that can still be cancelled, by deployment. */
  readonly #bringing = new Map<string, string>();
  readonly #looking = new Set<string>();
  #closed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#restarts = new Restarts((id) => void this.#again(id));
  }

  /** Builds what is needed and starts; answers with the activity at once. */
  bring(store: WorkspaceStore, row: DeploymentRow): Started {
    const title = `Deploying ${row.model_name}:${row.version} as ${row.name}`;
    return this.#track(store, row, title, (control) => this.#bring(store, row.id, control));
  }

  /** Moves a running deployment to another version; the old one serves until the new one has proved itself. */
  replace(store: WorkspaceStore, row: DeploymentRow, next: NextVersion, actor: Actor): Started {
    const { deployments, healthyWithinMs: within } = this.#options;
    const title = `Moving ${row.name} to ${next.model_name}:${next.version}`;
    return this.#track(store, row, title, (control) => {
      const [host, reserved] = [this.#hostOf(row), reservedPorts(this.#options)];
      return replaceVersion({ store, deployments, host, row, next, reserved, actor, control, within });
    });
  }

  /** Work on a deployment as an activity, which a stop or a deletion cancels. */
  #track(store: WorkspaceStore, row: DeploymentRow, title: string, work: Work): Started {
    const { activities, log } = this.#options;
    const options = { kind: 'deployment', title, workspace: store.id, subject: { kind: 'deployment', id: row.id } };
    const started = activities.start(options, (control) => this.#serial(row.id, () => work(control)));
    this.#bringing.set(row.id, started.id);
    const done = started.done.finally(() => {
      if (this.#bringing.get(row.id) === started.id) this.#bringing.delete(row.id);
    });
    done
      .then(() => this.refresh(store, row.id))
      .catch((error: Error) => log.warn({ deployment: row.name, reason: error.message }, title));
    return { activity: started.id, done };
  }

  async start(store: WorkspaceStore, row: DeploymentRow, actor: Actor): Promise<DeploymentRow> {
    const { deployments } = this.#options;
    await deployments.change(
      store,
      row.id,
      { wanted: 'running', state: 'starting', message: null },
      { actor, action: 'start' },
    );
    this.#restarts.forget(row.id);
    // Where the image was never made, or is gone, a start is a deployment.
    await this.bring(store, row).done;
    return deployments.find(store, row.id);
  }

  async stop(store: WorkspaceStore, row: DeploymentRow, actor: Actor): Promise<DeploymentRow> {
    const { deployments } = this.#options;
    this.#cancel(row.id);
    await deployments.change(store, row.id, { wanted: 'stopped' }, { actor, action: 'stop' });
    await this.#serial(row.id, async () => {
      await this.#hostOf(row).stop(deployments.spec(store, row));
      await deployments.change(store, row.id, { state: 'stopped', message: null });
    });
    return deployments.find(store, row.id);
  }

  async delete(store: WorkspaceStore, row: DeploymentRow, actor: Actor): Promise<void> {
    const { deployments } = this.#options;
    this.#cancel(row.id);
    await this.#serial(row.id, async () => {
      if (!deployments.row(store, row.id)) return;
      await removeService(this.#hostOf(row), deployments.spec(store, row));
      await deployments.delete(store, row, actor);
    });
  }

  /** Called when the tracker starts: adopts what runs, restarts what should run, removes what nobody knows. */
  async reconcile(): Promise<void> {
    const { deployments, hosts, stores } = this.#options;
    const met = new Set<ServiceHost>();
    for (const store of stores()) {
      await removeOrphans(store, hosts.processes(), (id) => deployments.row(store, id) !== undefined);
      for (const row of deployments.rows(store)) {
        if (row.wanted !== 'running') continue;
        met.add(this.#hostOf(row));
        hosts.follow(this.#hostOf(row));
        // Killed while it changed versions, what runs may still be the version before.
        if (row.state === 'starting')
          await this.#hostOf(row)
            .remove(deployments.spec(store, row))
            .catch(() => undefined);
        // Killed in the middle of a deployment: bringing it up again finds what is done already.
        if (row.state === 'building' || row.state === 'starting') this.bring(store, row);
        else await this.refresh(store, row.id);
      }
    }
    for (const host of met) await host.tidy?.((workspace, id) => this.#isLitter(workspace, id));
  }

  /** A workspace that cannot be opened now may still know the service, so only open ones are asked. */
  #isLitter(workspace: string, id: string): boolean {
    const store = this.#options.stores().find((one) => one.id === workspace);
    return store !== undefined && this.#options.deployments.row(store, id) === undefined;
  }

  /** Looks at one service, or at all that should run, and writes what is true. */
  async look(id?: string): Promise<void> {
    for (const store of this.#options.stores()) {
      for (const row of this.#options.deployments.rows(store)) {
        if (row.wanted === 'running' && (id === undefined || row.id === id)) await this.refresh(store, row.id);
      }
    }
  }

  async refresh(store: WorkspaceStore, id: string): Promise<void> {
    // Whoever works on it writes its state; two looks at a time would only race.
    if (this.#closed || this.#working.has(id) || this.#looking.has(id)) return;
    const row = this.#options.deployments.row(store, id);
    if (row?.wanted !== 'running') return;
    this.#looking.add(id);
    try {
      const host = this.#hostOf(row);
      const found = await this.#lookAt(host, this.#options.deployments.spec(store, row), row.port);
      if (this.#closed || this.#working.has(id)) return;
      const ended = found.state === 'failed' || (found.state === 'stopped' && row.restart !== 'on-failure');
      const wait = ended && !host.restartsByItself ? this.#restarts.ended(id, row.restart) : undefined;
      if (found.state === 'healthy') this.#restarts.healthy(id);
      const again = wait === undefined ? '' : ` It is started again in ${Math.ceil(wait / 1000)} s.`;
      const message = `${found.message ?? ''}${again}`.trim() || null;
      await this.#options.deployments.change(store, id, { state: found.state, message });
    } finally {
      this.#looking.delete(id);
    }
  }

  close(): void {
    this.#closed = true;
    this.#restarts.close();
    // Builds end with the tracker; the next one takes them up, because their rows say `building`.
    for (const activity of this.#bringing.values()) this.#options.activities.cancel(activity);
  }

  async #bring(store: WorkspaceStore, id: string, control: ActivityControl): Promise<void> {
    const { deployments, hosts } = this.#options;
    const row = deployments.row(store, id);
    if (!row) return;
    const host = this.#hostOf(row);
    try {
      const image = await host.prepare(deployments.spec(store, row), control);
      if (image) await deployments.built(store, row, image);
      control.signal.throwIfAborted();
      await deployments.change(store, id, { state: 'starting', message: null });
      control.report('Starting the service');
      const spec = { ...deployments.spec(store, row), image: image?.tag };
      hosts.follow(host);
      const port = await startOnPort(row.port ?? undefined, reservedPorts(this.#options), (one) =>
        host.start(spec, one),
      );
      await deployments.change(store, id, { port });
      control.report(`Waiting until it is healthy on port ${port}`);
      await untilHealthy(host, spec, port, control.signal, this.#options.healthyWithinMs);
      await deployments.change(store, id, { state: 'healthy', message: null });
      control.output(`Healthy: http://127.0.0.1:${port}\n`);
    } catch (error) {
      await this.#undo(store, row, host, error, control.signal.aborted);
      throw error;
    }
  }

  /** After a failure nothing runs; the row stays and says why, so that it can be started again or deleted. */
  async #undo(
    store: WorkspaceStore,
    row: DeploymentRow,
    host: ServiceHost,
    error: unknown,
    cancelled: boolean,
  ): Promise<void> {
    if (this.#closed) return;
    const { deployments, log } = this.#options;
    try {
      await host.remove(deployments.spec(store, row));
    } catch (failure) {
      log.warn({ deployment: row.name, reason: (failure as Error).message }, 'not removed after a failure');
    }
    const message = error instanceof Error ? error.message : String(error);
    const state = cancelled ? 'stopped' : 'failed';
    await deployments.change(store, row.id, { state, wanted: 'stopped', message: cancelled ? 'Cancelled.' : message });
  }

  async #lookAt(host: ServiceHost, spec: ServiceSpec, port: number | null): Promise<HostState> {
    try {
      return await host.look(spec, port ?? undefined);
    } catch (error) {
      // An engine that does not answer says nothing about the service, but nobody can vouch for it either.
      return { state: 'unhealthy', message: error instanceof Error ? error.message : String(error) };
    }
  }

  async #again(id: string): Promise<void> {
    for (const store of this.#options.stores()) {
      const row = this.#options.deployments.row(store, id);
      if (row?.wanted !== 'running' || this.#closed) continue;
      await this.#serial(id, async () => {
        const spec = this.#options.deployments.spec(store, row);
        await this.#options.deployments.change(store, id, { state: 'starting', message: null });
        await this.#hostOf(row).start(spec, row.port ?? 0);
      }).catch((error: Error) =>
        this.#options.log.warn({ deployment: row.name, reason: error.message }, 'not restarted'),
      );
      await this.refresh(store, id);
    }
  }

  #hostOf(row: DeploymentRow): ServiceHost {
    return this.#options.hosts.of(row.kind, row.engine);
  }

  #cancel(id: string): void {
    this.#restarts.forget(id);
    const activity = this.#bringing.get(id);
    if (activity !== undefined) this.#options.activities.cancel(activity);
  }

  #serial<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#working.get(id) ?? Promise.resolve();
    const next = before.then(work);
    const settled = next.then(
      () => undefined,
      () => undefined,
    );
    this.#working.set(id, settled);
    void settled.then(() => {
      if (this.#working.get(id) === settled) this.#working.delete(id);
    });
    return next;
  }
}

/** Ports of all deployments, so that a stopped one finds its own free. */
function reservedPorts({ deployments, stores }: SupervisorOptions): Set<number> {
  return new Set(stores().flatMap((store) => deployments.rows(store).flatMap((row) => row.port ?? [])));
}

async function removeService(host: ServiceHost, spec: ServiceSpec): Promise<void> {
  try {
    await host.remove(spec);
  } catch (error) {
    // With the engine its containers are gone; a row without either must still be deletable.
    if (!(error instanceof Problem && error.code === 'no-engine')) throw error;
  }
  fs.rmSync(spec.folder, { recursive: true, force: true });
}
