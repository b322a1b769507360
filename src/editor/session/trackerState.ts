import type { TrackerEvent } from '../../shared/api/events.ts';
import type { ReplyFor } from '../../shared/api/routes.ts';
import type { Activity } from '../../shared/domain/activity.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { MetricSummary, RunSummary } from '../../shared/domain/run.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { isActive } from '../../shared/runState.ts';
import { type Disposable, Emitter, Owner } from './event.ts';
import { Resource } from './resource.ts';
import { RunCollection } from './runCollection.ts';
import type { TrackerSession } from './trackerSession.ts';

/** Notices are for people; they are shown once, by whoever listens. */
export type Notice = Extract<TrackerEvent, { type: 'notice' }>;

/**
 * What the window knows of its workspace: the one that its folder names, else the default one. Everything is read when
 * something shows it, and from then on kept true by events; `hello` (every new connection) makes all of it be read again.
 */
export class TrackerState implements Disposable {
  readonly session: TrackerSession;
  readonly runs: RunCollection;
  readonly workspaces: Resource<Workspace[]>;
  /** The workspace that the window's folders belong to, and the file that says so. */
  readonly folder: Resource<ReplyFor<'folders.workspace'>>;
  readonly experiments: Resource<ReplyFor<'experiments.list'>['experiments']>;
  readonly models: Resource<ReplyFor<'models.list'>['models']>;
  readonly deployments: Resource<Deployment[]>;
  readonly activities: Resource<Activity[]>;
  readonly compute: Resource<ReplyFor<'compute.list'>['targets']>;
  readonly #notices = new Emitter<Notice>();
  readonly #ends = new Emitter<RunSummary>();
  readonly #active = new Emitter<void>();
  readonly #activeRuns = new Map<string, RunSummary>();
  readonly #owner = new Owner();
  /** Id of the workspace that is shown. */
  #shown: string | undefined;

  /** @param folders absolute paths of the window's folders */
  constructor(session: TrackerSession, folders: () => string[] = () => []) {
    this.session = session;
    const params = { workspace: 'default' };
    const of = <T>(load: () => Promise<T>) => new Resource(load);
    this.runs = new RunCollection((query, limit, cursor) =>
      session.call('runs.list', { params, query: { ...query, limit, ...(cursor === undefined ? {} : { cursor }) } }),
    );
    this.workspaces = of(async () => (await session.call('workspaces.list', {})).workspaces);
    this.folder = of(() => session.call('folders.workspace', { body: { folders: folders() } }));
    session.defaultWorkspace = () => this.#meant();
    this.experiments = of(async () => (await session.call('experiments.list', { params })).experiments);
    this.models = of(async () => (await session.call('models.list', { params })).models);
    this.deployments = of(async () => (await session.call('deployments.list', { params })).deployments);
    this.activities = of(async () => (await session.call('activities.list', {})).activities);
    this.compute = of(async () => (await session.call('compute.list', { params })).targets);
    this.#owner.own(session.onEvent((event) => this.#receive(event)));
    this.#owner.ownAll(
      this.workspaces.onChange(() => this.#switched()),
      this.folder.onChange(() => this.#switched()),
    );
  }

  readonly onNotice = this.#notices.event;
  /** A run that was active in this window's sight has ended. */
  readonly onRunEnded = this.#ends.event;
  /** The set of active runs, or one of them, changed. */
  readonly onActiveRuns = this.#active.event;

  get activeRuns(): RunSummary[] {
    return [...this.#activeRuns.values()].filter((run) => run.parent === undefined);
  }

  get workspace(): Workspace | undefined {
    const { value } = this.folder;
    if (value === undefined || this.#lostFolder) return undefined;
    return this.workspaces.value?.find(({ id }) => id === value.workspace);
  }

  /** A run by its id, from what is known or from the tracker. */
  async run(id: string): Promise<RunSummary> {
    const known = this.runs.get(id);
    if (known) return known;
    return this.session.call('runs.get', { params: { workspace: 'default', run: id } });
  }

  /** Reads everything shown again. */
  refresh(): void {
    this.workspaces.invalidate();
    this.folder.invalidate();
    this.#readWorkspace();
    this.activities.invalidate();
  }

  dispose(): void {
    this.#owner.dispose();
    for (const emitter of [this.#notices, this.#ends, this.#active]) emitter.dispose();
  }

  #receive(event: TrackerEvent): void {
    switch (event.type) {
      case 'hello':
        this.refresh();
        void this.workspaces.get().catch(() => undefined);
        void this.#readActive();
        break;
      case 'workspaces':
        this.workspaces.invalidate();
        this.folder.invalidate();
        break;
      case 'activity':
        this.activities.edit((list) => replaced(list, event.activity, 'front'));
        break;
      case 'notice':
        this.#notices.fire(event);
        break;
      case 'run':
        if (this.#shows(event.run.workspace)) this.#putRun(event.run);
        break;
      default:
        if (this.#shows(event.workspace)) this.#receiveInWorkspace(event);
    }
  }

  #receiveInWorkspace(
    event: Exclude<TrackerEvent, { type: 'hello' | 'workspaces' | 'activity' | 'notice' | 'run' }>,
  ): void {
    switch (event.type) {
      case 'run-removed':
        this.#activeRuns.delete(event.run);
        this.runs.remove(event.run);
        this.#active.fire();
        break;
      case 'metrics':
        this.#putMetrics(event.run, event.metrics);
        break;
      case 'experiments':
        this.experiments.invalidate();
        break;
      case 'models':
        this.models.invalidate();
        break;
      case 'deployment':
        this.deployments.edit((list) => replaced(list, event.deployment, 'end'));
        break;
      case 'deployment-removed':
        this.deployments.edit((list) => list.filter(({ id }) => id !== event.id));
        break;
      case 'log':
      case 'outputs':
      case 'media':
        break;
      default:
        event satisfies never;
    }
  }

  #putRun(run: RunSummary): void {
    const active = isActive(run.state);
    const wasActive = this.#activeRuns.has(run.id);
    if (active) this.#activeRuns.set(run.id, run);
    else this.#activeRuns.delete(run.id);
    this.runs.put(run);
    if (wasActive && !active) this.#ends.fire(run);
    if (active || wasActive) {
      this.#active.fire();
      this.compute.invalidate();
    }
  }

  /** The headline moves with its metric: the run itself is only sent when its state changes. */
  #putMetrics(id: string, metrics: readonly MetricSummary[]): void {
    this.runs.putMetrics(id, metrics);
    const run = this.#activeRuns.get(id);
    const moved = metrics.find(({ key }) => key === run?.headline?.key);
    if (!run?.headline || !moved) return;
    this.#activeRuns.set(id, { ...run, headline: { ...run.headline, value: moved.last } });
    this.#active.fire();
  }

  async #readActive(): Promise<void> {
    const before = new Set(this.#activeRuns.keys());
    try {
      for (const state of ['queued', 'preparing', 'running'] as const) {
        const query = { state, limit: 1000 };
        const { runs } = await this.session.call('runs.list', { params: { workspace: 'default' }, query });
        for (const run of runs) {
          before.delete(run.id);
          this.#putRun(run);
        }
      }
      // Active when the connection broke, and no longer: how they ended is news too.
      for (const id of before) {
        this.#putRun(await this.session.call('runs.get', { params: { workspace: 'default', run: id } }));
      }
    } catch {
      for (const id of before) this.#activeRuns.delete(id);
    }
    this.#active.fire();
  }

  /** Until the workspace is known, every event is taken as one of it; a switch reads all again. */
  #shows(workspace: string): boolean {
    return this.#shown === undefined || workspace === this.#shown;
  }

  #switched(): void {
    const now = this.#lostFolder ? none : this.workspace?.id;
    if (now === undefined || now === this.#shown) return;
    const first = this.#shown === undefined;
    this.#shown = now;
    if (first && now !== none) return;
    this.#activeRuns.clear();
    this.#readWorkspace();
    void this.#readActive();
  }

  /** The folder names a workspace that cannot be found; what was known before is then no answer. */
  get #lostFolder(): boolean {
    const { problem } = this.folder;
    return problem !== undefined && problem.code !== 'unreachable';
  }

  async #meant(): Promise<string> {
    const { workspace } = await this.folder.get();
    if (this.folder.problem) throw this.folder.problem;
    return workspace;
  }

  #readWorkspace(): void {
    this.runs.invalidate();
    for (const part of [this.experiments, this.models, this.deployments, this.compute]) part.invalidate();
  }
}

function replaced<T extends { id: string }>(list: T[], item: T, newAt: 'front' | 'end'): T[] {
  const index = list.findIndex(({ id }) => id === item.id);
  if (index >= 0) return list.with(index, item);
  return newAt === 'front' ? [item, ...list] : [...list, item];
}

/** Shown while the folder names a workspace that is not there. */
const none = 'none';
