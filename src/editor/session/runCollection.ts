import type { Float } from '../../shared/domain/common.ts';
import type { MetricSummary, RunSummary } from '../../shared/domain/run.ts';
import { stepsDone } from '../../shared/progress.ts';
import { Emitter } from './event.ts';

/** Which runs a list shows. */
export interface RunQuery {
  readonly parent?: string;
  readonly experiment?: string;
  readonly folder?: string;
  readonly text?: string;
  readonly star?: boolean;
}

export interface RunPage {
  readonly runs: RunSummary[];
  readonly total: number;
  readonly cursor?: string;
}

export type LoadRuns = (query: RunQuery, limit: number, cursor: string | undefined) => Promise<RunPage>;

interface List {
  readonly query: RunQuery;
  ids: string[];
  total: number;
  cursor: string | undefined;
  loading: Promise<void> | undefined;
}

/** `run`: one that is shown changed. `list`: runs came or went below this parent (`none`: at the top). */
export type RunChange =
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'list'; readonly parent: string };

export const pageSize = 100;
/** What the key of a list begins with that shows the runs of one experiment; run ids hold no colon. */
export const ofExperiment = 'experiment:';

/**
 * The runs of a workspace as far as the window has met them, kept true by events. Lists are read page by page and
 * keyed by the parent; a new run goes to the front of its list without reading anything.
 */
export class RunCollection {
  readonly #load: LoadRuns;
  readonly #runs = new Map<string, RunSummary>();
  readonly #lists = new Map<string, List>();
  readonly #metrics = new Map<string, Map<string, Float>>();
  readonly #changes = new Emitter<RunChange>();
  #filter: RunQuery = {};

  constructor(load: LoadRuns) {
    this.#load = load;
  }

  readonly onChange = this.#changes.event;

  /** Narrows the top-level list; an empty object shows all. */
  get filter(): RunQuery {
    return this.#filter;
  }

  set filter(filter: RunQuery) {
    this.#filter = filter;
    this.#lists.delete('none');
    this.#changes.fire({ kind: 'list', parent: 'none' });
  }

  get(id: string): RunSummary | undefined {
    return this.#runs.get(id);
  }

  get known(): Iterable<RunSummary> {
    return this.#runs.values();
  }

  /** The last value of a metric of a run, as far as an event has told. */
  metric(run: string, key: string): Float | undefined {
    return this.#metrics.get(run)?.get(key);
  }

  /** How many there are at the top in all, read or not. */
  get total(): number | undefined {
    return this.#lists.get('none')?.total;
  }

  /** Runs below a parent, `none` for the top, `experiment:ID` for the top ones of an experiment. @throws Problem */
  async list(parent: string): Promise<{ runs: RunSummary[]; total: number; more: boolean }> {
    let list = this.#lists.get(parent);
    if (!list) {
      list = {
        query: this.#queryOf(parent),
        ids: [],
        total: 0,
        cursor: undefined,
        loading: undefined,
      };
      this.#lists.set(parent, list);
      list.loading = this.#readPage(list, false);
    }
    try {
      await list.loading;
    } catch (error) {
      if (this.#lists.get(parent) === list) this.#lists.delete(parent);
      throw error;
    }
    const runs = list.ids.flatMap((id) => this.#runs.get(id) ?? []);
    return { runs, total: Math.max(list.total, runs.length), more: list.cursor !== undefined };
  }

  /** Reads the next page of a list. */
  async more(parent: string): Promise<void> {
    const list = this.#lists.get(parent);
    if (!list || list.cursor === undefined) return;
    list.loading = this.#readPage(list, true);
    await list.loading;
    this.#changes.fire({ kind: 'list', parent });
  }

  /** Takes in a run that came by other ways than a list, such as the reply to a submit. */
  put(run: RunSummary): void {
    const before = this.#runs.get(run.id);
    this.#runs.set(run.id, run);
    if (run.deletedAt !== undefined) {
      this.remove(run.id);
      return;
    }
    if (run.parent === undefined) {
      for (const [key, list] of this.#lists) {
        if (key.startsWith(ofExperiment) && this.#place(run, list)) this.#changes.fire({ kind: 'list', parent: key });
      }
    }
    const parent = run.parent ?? 'none';
    const list = this.#lists.get(parent);
    if (list && this.#place(run, list)) {
      this.#changes.fire({ kind: 'list', parent });
      // Its parent may have had no children, and then was no node that could be opened.
      if (parent !== 'none') this.#changes.fire({ kind: 'run', id: parent });
    } else if (!before || before !== run) this.#changes.fire({ kind: 'run', id: run.id });
  }

  #queryOf(parent: string): RunQuery {
    if (parent.startsWith(ofExperiment)) return { experiment: parent.slice(ofExperiment.length), parent: 'none' };
    return { ...(parent === 'none' ? this.#filter : {}), parent };
  }

  /** Takes a run into a list where its time puts it, or out of one that it no longer fits. @returns whether it moved */
  #place(run: RunSummary, list: List): boolean {
    const index = list.ids.indexOf(run.id);
    const isThere = index >= 0;
    if (isThere === matches(run, list.query)) return false;
    if (isThere) {
      list.ids.splice(index, 1);
      list.total--;
      return true;
    }
    const older = list.ids.findIndex((id) => this.#time(id) <= run.createdAt);
    // Older than all that was read of a longer list: it has its place, and is counted, further down.
    if (older < 0 && list.cursor !== undefined) return false;
    list.ids.splice(older < 0 ? list.ids.length : older, 0, run.id);
    list.total++;
    return true;
  }

  remove(id: string): void {
    this.#runs.delete(id);
    this.#metrics.delete(id);
    for (const [parent, list] of this.#lists) {
      const index = list.ids.indexOf(id);
      if (index < 0) continue;
      list.ids.splice(index, 1);
      list.total--;
      this.#changes.fire({ kind: 'list', parent });
    }
  }

  putMetrics(run: string, metrics: readonly MetricSummary[]): void {
    const known = this.#metrics.get(run) ?? new Map<string, Float>();
    this.#metrics.set(run, known);
    for (const { key, last } of metrics) known.set(key, last);
    const before = this.#runs.get(run);
    const moved = metrics.find(({ key }) => key === before?.headline?.key);
    if (before?.headline && moved)
      this.#runs.set(run, { ...before, headline: { ...before.headline, value: moved.last } });
    const progressed = this.#progress(run, metrics);
    if (moved || progressed || known.has('epoch')) this.#changes.fire({ kind: 'run', id: run });
  }

  /** The run itself is sent only when its state changes, so how far it is moves here. @returns whether it did */
  #progress(id: string, metrics: readonly MetricSummary[]): boolean {
    const run = this.#runs.get(id);
    const done = stepsDone(metrics);
    if (!run?.progress || done === undefined || done <= run.progress.done) return false;
    this.#runs.set(id, { ...run, progress: { ...run.progress, done } });
    return true;
  }

  /** Forgets the lists, not the runs: what is shown stands until it is read again. */
  invalidate(): void {
    this.#lists.clear();
    this.#changes.fire({ kind: 'list', parent: 'none' });
  }

  async #readPage(list: List, next: boolean): Promise<void> {
    const page = await this.#load(list.query, pageSize, next ? list.cursor : undefined);
    for (const run of page.runs) this.#runs.set(run.id, run);
    // A run that came by an event while the page was on its way is not lost.
    const ids = new Set([...list.ids, ...page.runs.map(({ id }) => id)]);
    list.ids = [...ids].sort((a, b) => this.#time(b) - this.#time(a));
    list.total = page.total;
    list.cursor = page.cursor;
  }

  #time(id: string): number {
    return this.#runs.get(id)?.createdAt ?? 0;
  }
}

function matches(run: RunSummary, query: RunQuery): boolean {
  const text = query.text?.toLowerCase();
  const words = () => [run.name, run.experiment.name, run.note ?? '', ...Object.entries(run.tags).flat()];
  return (
    (query.experiment === undefined || run.experiment.id === query.experiment) &&
    (query.folder === undefined || run.folder === query.folder) &&
    (query.star === undefined || run.star === query.star) &&
    (text === undefined || words().some((word) => word.toLowerCase().includes(text)))
  );
}
