import path from 'node:path';
import type { ReplyFor } from '../../shared/api/routes.ts';
import type { MetricSummary, RunSummary } from '../../shared/domain/run.ts';
import { isActive } from '../../shared/runState.ts';
import { Coalescer } from '../session/coalesce.ts';
import { type Disposable, Emitter, Owner } from '../session/event.ts';
import type { TrackerState } from '../session/trackerState.ts';

type Curve = ReplyFor<'runs.curves'>['curves'][number];

/** The current or last run of a script, with what is drawn of it. */
export interface ScriptRun {
  readonly run: RunSummary;
  readonly metrics: ReadonlyMap<string, MetricSummary>;
  readonly curves: ReadonlyMap<string, Curve>;
  /** The script as it was when the run started; undefined while unknown. */
  readonly source: string | undefined;
}

interface Entry {
  run: RunSummary | undefined;
  metrics: Map<string, MetricSummary>;
  curves: Map<string, Curve>;
  source: string | undefined;
  keys: Set<string>;
}

/** Curves are read again at most this often for each script; enough points for the hover's width. */
const readMs = 250;
const buckets = 120;
const params = { workspace: 'default' };

/**
 * For scripts that somebody looks at: which run is their current or last one, and its metrics and small curves, read
 * once and then when an event says that they moved.
 */
export class ScriptRuns implements Disposable {
  readonly #state: TrackerState;
  readonly #owner = new Owner();
  readonly #changes = this.#owner.own(new Emitter<string>());
  readonly #entries = new Map<string, Entry>();
  readonly #reader: Coalescer<string>;

  constructor(state: TrackerState) {
    this.#state = state;
    this.#reader = this.#owner.own(new Coalescer<string>(readMs, (files) => void this.#readCurves(files)));
    this.#owner.own(
      state.session.onEvent((event) => {
        if (event.type === 'hello') this.#restart();
        else if (event.type === 'run') this.#runChanged(event.run);
        else if (event.type === 'metrics') this.#moved(event.run, event.metrics);
        else if (event.type === 'run-removed') this.#removed(event.run);
      }),
    );
  }

  /** A script's file whose run, values or curves changed. */
  readonly onChange = this.#changes.event;

  /** What is known of a script now; what is missing is being read, and `onChange` tells when it is there. */
  of(file: string, keys: readonly string[] = []): ScriptRun | undefined {
    const entry = this.#entries.get(file);
    if (!entry) {
      this.#entries.set(file, {
        run: undefined,
        metrics: new Map(),
        curves: new Map(),
        source: undefined,
        keys: new Set(keys),
      });
      void this.#find(file);
      return undefined;
    }
    const added = keys.filter((key) => !entry.keys.has(key));
    for (const key of added) entry.keys.add(key);
    if (added.length > 0) this.#reader.add(file);
    const { run } = entry;
    return run && { ...entry, run };
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #find(file: string): Promise<void> {
    try {
      // A run knows its folder and the script inside it; every folder above the file may be the one.
      for (const folder of above(file)) {
        const { runs } = await this.#state.session.call('runs.list', { params, query: { folder, limit: 50 } });
        const run = runs.find((candidate) => scriptOf(candidate) === file);
        if (run) return await this.#show(file, run);
      }
    } catch {
      // No tracker, no charts; the connection's own state is shown elsewhere, and `hello` starts over.
    }
  }

  async #show(file: string, run: RunSummary): Promise<void> {
    const entry = this.#entries.get(file);
    if (!entry) return;
    entry.run = run;
    entry.metrics = new Map();
    entry.curves = new Map();
    entry.source = undefined;
    const at = { workspace: run.workspace, run: run.id };
    const { metrics } = await this.#state.session.call('runs.metrics', { params: at });
    // A newer run took its place meanwhile; these values are not that one's.
    if (entry.run?.id !== run.id) return;
    for (const metric of metrics) entry.metrics.set(metric.key, metric);
    this.#reader.add(file);
    this.#changes.fire(file);
    await this.#readSource(file, entry, run);
  }

  async #readSource(file: string, entry: Entry, run: RunSummary): Promise<void> {
    if (run.folder === undefined || isPreparing(run)) return;
    const query = { path: path.relative(run.folder, file).split(path.sep).join('/') };
    try {
      const at = { workspace: run.workspace, run: run.id };
      const response = await this.#state.session.bytes('runs.snapshotFile', { params: at, query });
      const text = await response.text();
      if (entry.run?.id !== run.id) return;
      entry.source = text;
      this.#changes.fire(file);
    } catch {
      // A run without a snapshot: nothing to compare with, so nothing is called stale.
    }
  }

  async #readCurves(files: readonly string[]): Promise<void> {
    for (const file of files) {
      const entry = this.#entries.get(file);
      const run = entry?.run;
      const keys = entry ? [...entry.keys].filter((key) => entry.metrics.has(key)) : [];
      if (!entry || !run || keys.length === 0) continue;
      try {
        const { curves } = await this.#state.session.call('runs.curves', {
          params: { workspace: run.workspace, run: run.id },
          body: { keys, axis: 'step', buckets },
        });
        if (entry.run?.id === run.id) for (const curve of curves) entry.curves.set(curve.key, curve);
        this.#changes.fire(file);
      } catch {
        // The values stand without their curves until the next event.
      }
    }
  }

  #runChanged(run: RunSummary): void {
    const file = scriptOf(run);
    const entry = file === undefined ? undefined : this.#entries.get(file);
    if (file === undefined || !entry || run.parent !== undefined) return;
    const newer = entry.run === undefined || run.createdAt >= entry.run.createdAt;
    if (entry.run?.id === run.id) {
      entry.run = run;
      if (entry.source === undefined && !isPreparing(run)) void this.#readSource(file, entry, run);
      this.#changes.fire(file);
    } else if (newer && !isPreparing(run)) {
      void this.#show(file, run).catch(() => undefined);
    }
  }

  #moved(id: string, metrics: readonly MetricSummary[]): void {
    for (const [file, entry] of this.#entries) {
      if (entry.run?.id !== id) continue;
      for (const metric of metrics) entry.metrics.set(metric.key, metric);
      const { headline } = entry.run;
      const moved = metrics.find(({ key }) => key === headline?.key);
      if (headline && moved) entry.run = { ...entry.run, headline: { ...headline, value: moved.last } };
      if (metrics.some(({ key }) => entry.keys.has(key))) this.#reader.add(file);
    }
  }

  #removed(id: string): void {
    for (const [file, entry] of this.#entries) {
      if (entry.run?.id !== id) continue;
      entry.run = undefined;
      this.#changes.fire(file);
      void this.#find(file);
    }
  }

  #restart(): void {
    for (const file of this.#entries.keys()) void this.#find(file);
  }
}

/** Until it runs, the last run's curves stand: an empty line would only flicker. */
function isPreparing(run: RunSummary): boolean {
  return isActive(run.state) && run.state !== 'running';
}

export function scriptOf(run: RunSummary): string | undefined {
  return run.folder === undefined || run.script === undefined ? undefined : path.resolve(run.folder, run.script);
}

function above(file: string): string[] {
  const folders: string[] = [];
  for (let folder = path.dirname(file); folders.length < 6; folder = path.dirname(folder)) {
    folders.push(folder);
    if (folder === path.dirname(folder)) break;
  }
  return folders;
}
