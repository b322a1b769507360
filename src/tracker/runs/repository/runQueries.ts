import type { RunDetail, RunInput, RunSummary } from '../../../shared/domain/run.ts';
import { toFloat } from '../../../shared/float.ts';
import { goalsOf, progressOf } from '../../../shared/progress.ts';
import { isActive } from '../../../shared/runState.ts';
import type { MetricStore } from '../../metrics/metricStore.ts';
import type { Db } from '../../store/database.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { chooseHeadline, type HeadlineChoice } from './headline.ts';
import { metricSummaries } from './metricSummaries.ts';
import { noSuchRun, parseEnd, RUN_COLUMNS, type RunRow, type StoredDetail } from './storedRun.ts';

type Best = ReadonlyMap<string, number>;

/** Reads runs of one workspace. A thousand summaries take a handful of queries, whatever the runs hold. */
export class RunQueries {
  readonly #db: Db;
  readonly #workspace: string;
  readonly #metrics: MetricStore;

  constructor(store: WorkspaceStore, metrics: MetricStore) {
    this.#db = store.db;
    this.#workspace = store.id;
    this.#metrics = metrics;
  }

  /** @throws Problem `not-found`, also for a deleted run unless `withDeleted`. */
  row(id: string, options: { withDeleted?: boolean } = {}): RunRow {
    const row = this.find(id);
    if (!row || (row.deleted_at !== null && !options.withDeleted)) throw noSuchRun(id);
    return row;
  }

  find(id: string): RunRow | undefined {
    return this.#db.prepare<[string], RunRow>(`SELECT ${RUN_COLUMNS} FROM run WHERE id = ?`).get(id);
  }

  /** Rows of the runs that have not ended, oldest first. Child runs of a run's own process are among them. */
  active(): RunRow[] {
    return this.#db
      .prepare<[], RunRow>(
        `SELECT ${RUN_COLUMNS} FROM run WHERE state IN ('queued', 'preparing', 'running') ORDER BY created_at, rowid`,
      )
      .all();
  }

  /** Active runs with the key of a run on save, but for the newest. */
  superseded(key: string, newest: string): string[] {
    return this.#db
      .prepare<[string, string], string>(
        `SELECT id FROM run WHERE state IN ('queued', 'preparing', 'running') AND supersedes = ? AND id <> ?`,
      )
      .pluck()
      .all(key, newest);
  }

  stored(id: string): StoredDetail {
    const text = this.#db.prepare<[string], string>('SELECT detail FROM run WHERE id = ?').pluck().get(id);
    return text === undefined ? {} : (JSON.parse(text) as StoredDetail);
  }

  summary(id: string): RunSummary {
    const [summary] = this.summaries([this.row(id, { withDeleted: true })]);
    if (!summary) throw noSuchRun(id);
    return summary;
  }

  summaries(rows: readonly RunRow[]): RunSummary[] {
    const ids = JSON.stringify(rows.map((row) => row.id));
    const tags = this.#tags(ids);
    const children = this.#children(ids);
    const experiments = this.#experimentNames(rows);
    const best = this.#best(rows);
    return rows.map((row) => {
      const own = tags.get(row.id) ?? {};
      const headline = this.#headline(row, own, best);
      const end = parseEnd(row.end);
      return {
        id: row.id,
        workspace: this.#workspace,
        name: row.name,
        experiment: { id: String(row.experiment), name: experiments.get(row.experiment) ?? '' },
        ...present('parent', row.parent),
        children: children.get(row.id) ?? 0,
        attempt: row.attempt,
        state: row.state,
        ...present('activity', row.activity),
        ...(end === undefined ? {} : { end }),
        ...this.#progress(row),
        createdAt: row.created_at,
        ...present('startedAt', row.started_at),
        ...present('endedAt', row.ended_at),
        target: row.target,
        ...present('folder', row.folder),
        ...present('script', row.script),
        ...present('configuration', row.configuration),
        ...(headline === undefined ? {} : { headline }),
        star: row.star !== 0,
        ...present('note', row.note),
        tags: own,
        ...present('deletedAt', row.deleted_at),
      };
    });
  }

  detail(id: string, runDirectory: string | undefined): RunDetail {
    const row = this.row(id, { withDeleted: true });
    const stored = this.stored(id);
    return {
      ...this.summary(id),
      command: stored.command ?? [],
      ...present('workingDirectory', stored.workingDirectory),
      ...present('host', stored.host),
      ...present('user', stored.user),
      ...present('pid', stored.pid),
      ...present('interpreter', stored.interpreter),
      ...present('environment', stored.environment),
      packages: stored.packages ?? [],
      variables: stored.variables ?? {},
      ...present('git', stored.git),
      ...present('snapshot', row.snapshot),
      inputs: this.#inputs(id),
      params: this.params(id),
      metrics: metricSummaries(this.#metrics, id),
      logBytes: row.log_bytes,
      ...present('runDirectory', runDirectory),
    };
  }

  /** Only of what runs: nothing else moves, and a list of a thousand ended runs asks nothing here. */
  #progress({ id, state }: RunRow): Pick<RunSummary, 'progress'> {
    if (state !== 'running') return {};
    const params = this.params(id);
    if (goalsOf(params).length === 0) return {};
    const progress = progressOf(params, metricSummaries(this.#metrics, id));
    return progress?.total === undefined ? {} : { progress };
  }

  params(id: string): Record<string, string> {
    const rows = this.#db
      .prepare<[string], { key: string; value: string }>('SELECT key, value FROM run_param WHERE run = ? ORDER BY key')
      .all(id);
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  }

  tags(id: string): Record<string, string> {
    return this.#tags(JSON.stringify([id])).get(id) ?? {};
  }

  /** Ids of all runs below `id`, to any depth, parents before children. */
  descendants(id: string): string[] {
    return this.#db
      .prepare<[string], string>(
        `WITH RECURSIVE below (id, depth) AS (
          SELECT id, 1 FROM run WHERE parent = ?
          UNION SELECT run.id, depth + 1 FROM run JOIN below ON run.parent = below.id WHERE depth < 1000)
        SELECT id FROM below ORDER BY depth`,
      )
      .pluck()
      .all(id);
  }

  /** What a run's headline is by what it has logged so far. */
  headlineChoice(row: RunRow, tags: Readonly<Record<string, string>>): HeadlineChoice | undefined {
    const configured = row.metric === null ? undefined : (JSON.parse(row.metric) as HeadlineChoice);
    const keys = this.#metrics.series(row.id).map(({ key }) => key);
    return chooseHeadline(keys, { tag: tags['trainyard.headline'], configured });
  }

  #headline(row: RunRow, tags: Readonly<Record<string, string>>, best: Best): RunSummary['headline'] {
    if (isActive(row.state)) {
      const choice = this.headlineChoice(row, tags);
      const series = choice && this.#metrics.series(row.id).find(({ key }) => key === choice.key);
      return choice && series && { ...choice, value: toFloat(series.last.value), best: false };
    }
    if (row.headline_key === null || row.headline_direction === null) return undefined;
    const value = row.headline_value ?? Number.NaN;
    const known = best.get(bestKey(row.experiment, row.headline_key, row.headline_direction));
    return {
      key: row.headline_key,
      value: toFloat(value),
      direction: row.headline_direction,
      best: row.state === 'finished' && row.deleted_at === null && known === value,
    };
  }

  #best(rows: readonly RunRow[]): Best {
    const wanted = new Map<string, { experiment: number; key: string; direction: 'max' | 'min' }>();
    for (const { experiment, headline_key: key, headline_direction: direction } of rows) {
      if (key !== null && direction !== null)
        wanted.set(bestKey(experiment, key, direction), { experiment, key, direction });
    }
    const found = new Map<string, number>();
    for (const [name, { experiment, key, direction }] of wanted) {
      const value = this.#db
        .prepare<[number, string, string], number>(
          `SELECT ${direction === 'max' ? 'MAX' : 'MIN'}(headline_value) FROM run
            WHERE experiment = ? AND headline_key = ? AND headline_direction = ?
              AND state = 'finished' AND deleted_at IS NULL AND headline_key IS NOT NULL`,
        )
        .pluck()
        .get(experiment, key, direction);
      if (value !== undefined && value !== null) found.set(name, value);
    }
    return found;
  }

  #tags(ids: string): Map<string, Record<string, string>> {
    const rows = this.#db
      .prepare<[string], { run: string; key: string; value: string }>(
        'SELECT run, key, value FROM run_tag WHERE run IN (SELECT value FROM json_each(?)) ORDER BY run, key',
      )
      .all(ids);
    const byRun = new Map<string, Record<string, string>>();
    for (const { run, key, value } of rows) {
      const tags = byRun.get(run) ?? {};
      tags[key] = value;
      byRun.set(run, tags);
    }
    return byRun;
  }

  #children(ids: string): Map<string, number> {
    const rows = this.#db
      .prepare<[string], { parent: string; count: number }>(
        `SELECT parent, count(*) AS count FROM run
          WHERE parent IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL GROUP BY parent`,
      )
      .all(ids);
    return new Map(rows.map(({ parent, count }) => [parent, count]));
  }

  #experimentNames(rows: readonly RunRow[]): Map<number, string> {
    const ids = JSON.stringify([...new Set(rows.map((row) => row.experiment))]);
    const found = this.#db
      .prepare<[string], { id: number; name: string }>(
        'SELECT id, name FROM experiment WHERE id IN (SELECT value FROM json_each(?))',
      )
      .all(ids);
    return new Map(found.map(({ id, name }) => [id, name]));
  }

  experimentName(experiment: number): string {
    const name = this.#db.prepare<[number], string>('SELECT name FROM experiment WHERE id = ?').pluck().get(experiment);
    return name ?? '';
  }

  #inputs(id: string): RunInput[] {
    const rows = this.#db
      .prepare<[string], { [K in keyof Required<RunInput>]: RunInput[K] | null }>(
        'SELECT name, path, hash, bytes, files, problem FROM run_input WHERE run = ? ORDER BY name',
      )
      .all(id);
    return rows.map((row) => ({
      name: row.name ?? '',
      path: row.path ?? '',
      ...present('hash', row.hash),
      ...present('bytes', row.bytes),
      ...present('files', row.files),
      ...present('problem', row.problem),
    }));
  }
}

function bestKey(experiment: number, key: string, direction: string): string {
  return `${experiment}\n${direction}\n${key}`;
}

/** A property only where there is a value: in JSON an absent field says "not known" better than null. */
function present<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
