import path from 'node:path';
import type { RunSummary } from '../../shared/domain/run.ts';
import { isActive } from '../../shared/runState.ts';
import type { TrackerContext } from '../context.ts';
import type { MetricStore } from '../metrics/metricStore.ts';
import type { WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { Coalescer } from './coalescer.ts';
import { metricSummary } from './repository/metricSummaries.ts';
import { RunQueries } from './repository/runQueries.ts';
import { RunRecords } from './repository/runRecords.ts';
import { RunRepository } from './repository/runRepository.ts';
import type { RunServices } from './services.ts';

/** Everything about the runs of one workspace, made when the workspace is first used. */
export interface RunScope {
  readonly store: WorkspaceStore;
  readonly metrics: MetricStore;
  readonly queries: RunQueries;
  readonly repository: RunRepository;
  readonly records: RunRecords;
  readonly notices: RunNotices;
}

/** The folder of a run; run ids have passed the schema's pattern, so they are plain names. */
export function runDirectory(scope: Pick<RunScope, 'store'>, run: string): string {
  return path.join(scope.store.paths.runs, run);
}

/** Hands out the scope of each workspace, and forgets it when the workspace was closed and opened again. */
export class RunScopes {
  readonly #context: TrackerContext;
  readonly #services: RunServices;
  readonly #coalescer = new Coalescer();
  readonly #scopes = new WeakMap<WorkspaceStore, RunScope>();

  constructor(context: TrackerContext, services: RunServices) {
    this.#context = context;
    this.#services = services;
  }

  /** @throws Problem `not-found` for an unknown workspace. */
  open(workspace: string): RunScope {
    return this.of(this.#context.workspaces.open(workspace));
  }

  all(): RunScope[] {
    return this.#context.workspaces.all().map((store) => this.of(store));
  }

  of(store: WorkspaceStore): RunScope {
    const known = this.#scopes.get(store);
    if (known) return known;
    const metrics = this.#services.metrics(store);
    const queries = new RunQueries(store, metrics);
    const repository = new RunRepository(store, queries, metrics);
    const notices = new RunNotices(this.#context, store.id, queries, metrics, this.#coalescer);
    const records = new RunRecords(store.db);
    const scope = { store, metrics, queries, repository, records, notices };
    this.#scopes.set(store, scope);
    return scope;
  }

  close(): void {
    this.#coalescer.close();
  }
}

/** Tells listeners what changed about runs, at most ten times a second for each run and kind of news. */
export class RunNotices {
  readonly #context: TrackerContext;
  readonly #workspace: string;
  readonly #queries: RunQueries;
  readonly #metrics: MetricStore;
  readonly #coalescer: Coalescer;
  readonly #movedKeys = new Map<string, Set<string>>();
  /** Keys of active runs that listeners have heard of: with a new one the run may have another headline. */
  readonly #knownKeys = new Map<string, Set<string>>();

  constructor(
    context: TrackerContext,
    workspace: string,
    queries: RunQueries,
    metrics: MetricStore,
    coalescer: Coalescer,
  ) {
    this.#context = context;
    this.#workspace = workspace;
    this.#queries = queries;
    this.#metrics = metrics;
    this.#coalescer = coalescer;
  }

  changed(run: string): void {
    this.#request('run', run, () => {
      const summary = this.#summary(run);
      if (summary) this.#context.events.emit({ type: 'run', run: summary });
      if (summary === undefined || !isActive(summary.state)) this.#knownKeys.delete(run);
    });
  }

  removed(run: string): void {
    this.#context.events.emit({ type: 'run-removed', workspace: this.#workspace, run });
  }

  metrics(run: string, keys: Iterable<string>): void {
    const moved = this.#movedKeys.get(run) ?? new Set();
    const known = this.#knownKeys.get(run) ?? new Set();
    this.#knownKeys.set(run, known);
    const before = known.size;
    for (const key of keys) {
      moved.add(key);
      if (!key.startsWith('system/')) known.add(key);
    }
    if (known.size > before) this.changed(run);
    this.#movedKeys.set(run, moved);
    this.#request('metrics', run, () => {
      const due = this.#movedKeys.get(run);
      this.#movedKeys.delete(run);
      if (!due || due.size === 0) return;
      const series = this.#metrics.series(run).filter(({ key }) => due.has(key));
      this.#context.events.emit({
        type: 'metrics',
        workspace: this.#workspace,
        run,
        metrics: series.map(metricSummary),
      });
    });
  }

  log(run: string, bytes: () => number): void {
    this.#request('log', run, () => {
      this.#context.events.emit({ type: 'log', workspace: this.#workspace, run, bytes: bytes() });
    });
  }

  outputs(run: string): void {
    this.#request('outputs', run, () => {
      this.#context.events.emit({ type: 'outputs', workspace: this.#workspace, run });
    });
  }

  media(run: string, key: string): void {
    this.#request(`media ${key}`, run, () => {
      this.#context.events.emit({ type: 'media', workspace: this.#workspace, run, key });
    });
  }

  experiments(): void {
    this.#request('experiments', '', () => {
      this.#context.events.emit({ type: 'experiments', workspace: this.#workspace });
    });
  }

  #request(kind: string, run: string, send: () => void): void {
    // Nothing is assembled for nobody.
    const guarded = () => {
      if (this.#context.events.size > 0) send();
    };
    this.#coalescer.request(`${this.#workspace} ${kind} ${run}`, guarded);
  }

  #summary(run: string): RunSummary | undefined {
    return this.#queries.find(run) === undefined ? undefined : this.#queries.summary(run);
  }
}
