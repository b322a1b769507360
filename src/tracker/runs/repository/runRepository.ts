import { randomUUID } from 'node:crypto';
import { Problem } from '../../../shared/api/error.ts';
import type { RunEnd, RunState } from '../../../shared/domain/run.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import type { MetricStore } from '../../metrics/metricStore.ts';
import type { Db } from '../../store/database.ts';
import { audit } from '../../workspaces/audit.ts';
import type { Actor, WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { freeName, readableName } from './names.ts';
import type { RunQueries } from './runQueries.ts';
import type { StoredDetail } from './storedRun.ts';

export interface NewRun {
  readonly id?: string;
  readonly experiment: string;
  readonly name?: string | undefined;
  /** The name is kept as it is, although another run of the experiment may have it. */
  readonly exactName?: boolean;
  readonly parent?: string | undefined;
  readonly attempt?: number;
  readonly state: RunState;
  readonly folder?: string | undefined;
  /** Absolute path. */
  readonly script?: string | undefined;
  readonly configurationName?: string | undefined;
  readonly configuration?: RunConfiguration | undefined;
  readonly requestId?: string | undefined;
  readonly supersedes?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly createdAt?: number;
  readonly startedAt?: number;
}

export interface RunChange {
  readonly state?: RunState;
  readonly activity?: string | null;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly end?: RunEnd;
  readonly snapshot?: string;
  readonly logBytes?: number;
  readonly name?: string;
  readonly note?: string;
  readonly star?: boolean;
  /** Merged into what is there; null removes a field. */
  readonly detail?: { readonly [K in keyof StoredDetail]: StoredDetail[K] | null };
}

const COLUMNS: Partial<Record<keyof RunChange, string>> = {
  state: 'state',
  activity: 'activity',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  snapshot: 'snapshot',
  logBytes: 'log_bytes',
  name: 'name',
  note: 'note',
};

/**
 * Writes runs of one workspace. Every method is to be called inside a job of the workspace's writer, and is safe to
 * repeat, because a group of jobs may be rolled back and run again.
 */
export class RunRepository {
  readonly #db: Db;
  readonly #queries: RunQueries;
  readonly #metrics: MetricStore;

  constructor(store: WorkspaceStore, queries: RunQueries, metrics: MetricStore) {
    this.#db = store.db;
    this.#queries = queries;
    this.#metrics = metrics;
  }

  /** Returns the id; with a `requestId` that is known, the id of the run that was made then. */
  create(run: NewRun, actor: Actor): { id: string; existed: boolean } {
    if (run.requestId !== undefined) {
      const existing = this.#db
        .prepare<[string], string>('SELECT id FROM run WHERE request_id = ?')
        .pluck()
        .get(run.requestId);
      if (existing !== undefined) return { id: existing, existed: true };
    }
    const id = run.id ?? randomUUID().replaceAll('-', '');
    const experiment = this.experiment(run.experiment, actor);
    const taken = (name: string): boolean =>
      this.#db.prepare('SELECT 1 FROM run WHERE experiment = ? AND name = ?').get(experiment, name) !== undefined;
    const wished = run.exactName ? run.name : run.name && freeName(run.name, taken);
    const name = wished || readableName(taken);
    const inserted = this.#db
      .prepare(
        `INSERT OR IGNORE INTO run (id, experiment, parent, name, state, attempt, created_at, started_at, target, folder,
          script, configuration, request_id, supersedes, snapshot, detail, metric)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'this machine', ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        experiment,
        run.parent ?? null,
        name,
        run.state,
        run.attempt ?? 1,
        run.createdAt ?? Date.now(),
        run.startedAt ?? null,
        run.folder ?? null,
        run.script ?? null,
        run.configurationName ?? null,
        run.requestId ?? null,
        run.supersedes ?? null,
        run.snapshot ?? null,
        JSON.stringify(run.configuration ? { configuration: run.configuration } : {}),
        run.configuration?.metric ? JSON.stringify(run.configuration.metric) : null,
      );
    if (inserted.changes === 0) return { id, existed: true };
    if (run.tags) this.setTags(id, run.tags);
    this.#audit(actor, 'submit', id, { name, experiment: run.experiment, folder: run.folder });
    return { id, existed: false };
  }

  /** The experiment of that name, made or brought back where needed. */
  experiment(name: string, actor: Actor): number {
    const now = Date.now();
    const found = this.#db
      .prepare<[string], { id: number; deleted_at: number | null }>(
        'SELECT id, deleted_at FROM experiment WHERE name = ?',
      )
      .get(name);
    if (found?.deleted_at === null) return found.id;
    const id = found
      ? found.id
      : Number(
          this.#db.prepare('INSERT INTO experiment (name, created_at, updated_at) VALUES (?, ?, ?)').run(name, now, now)
            .lastInsertRowid,
        );
    if (found) this.#db.prepare('UPDATE experiment SET deleted_at = NULL, updated_at = ? WHERE id = ?').run(now, id);
    const action = found ? 'restore' : 'create';
    audit(this.#db, { actor, action, kind: 'experiment', subject: String(id), detail: { name } });
    return id;
  }

  change(id: string, change: RunChange): void {
    const sets: string[] = [];
    const values: unknown[] = [];
    for (const [field, column] of Object.entries(COLUMNS)) {
      const value = change[field as keyof RunChange];
      if (value === undefined) continue;
      sets.push(`${column} = ?`);
      values.push(value);
    }
    if (change.star !== undefined) {
      sets.push('star = ?');
      values.push(change.star ? 1 : 0);
    }
    if (change.end !== undefined) {
      sets.push('end = ?');
      values.push(JSON.stringify(change.end));
    }
    if (change.detail !== undefined) {
      sets.push('detail = json_patch(detail, ?)');
      values.push(JSON.stringify(change.detail));
    }
    if (sets.length > 0) this.#db.prepare(`UPDATE run SET ${sets.join(', ')} WHERE id = ?`).run(...values, id);
  }

  /** Moves on to `state` only from one of `from`; false where somebody else was first. */
  advance(id: string, from: readonly RunState[], change: RunChange & { readonly state: RunState }): boolean {
    const state = this.#db.prepare<[string], RunState>('SELECT state FROM run WHERE id = ?').pluck().get(id);
    if (state === undefined || !from.includes(state)) return false;
    this.change(id, change);
    return true;
  }

  /** An empty value removes a tag. */
  setTags(id: string, tags: Readonly<Record<string, string>>): void {
    const put = this.#db.prepare('INSERT OR REPLACE INTO run_tag (run, key, value) VALUES (?, ?, ?)');
    const drop = this.#db.prepare('DELETE FROM run_tag WHERE run = ? AND key = ?');
    for (const [key, value] of Object.entries(tags)) {
      if (value === '') drop.run(id, key);
      else put.run(id, key, value);
    }
    if ('trainyard.headline' in tags) this.storeHeadline(id);
  }

  moveToExperiment(id: string, name: string, actor: Actor): void {
    const experiment = this.experiment(name, actor);
    for (const run of [id, ...this.#queries.descendants(id)]) {
      this.#db.prepare('UPDATE run SET experiment = ? WHERE id = ?').run(experiment, run);
    }
  }

  /** Sets the end of a run that has not ended, keeps its headline for lists, and closes the runs below it. */
  end(id: string, state: RunState, end: RunEnd, endedAt: number, actor: Actor, more: RunChange = {}): boolean {
    const active = ['queued', 'preparing', 'running'] as const;
    const ended = this.advance(id, active, { ...more, state, end, endedAt, activity: null });
    if (!ended) return false;
    this.storeHeadline(id);
    for (const child of this.#queries.descendants(id)) {
      const row = this.#queries.find(child);
      // Only what lives in the process of this run ends with it; a run that was submitted has a process of its own.
      if (row === undefined || row.folder !== null) continue;
      const message = `ended with its parent: ${end.message}`;
      if (this.advance(child, active, { state, end: { ...end, message }, endedAt, activity: null }))
        this.storeHeadline(child);
    }
    this.#audit(actor, 'end', id, { state, end });
    return true;
  }

  storeHeadline(id: string): void {
    const row = this.#queries.find(id);
    if (row === undefined) return;
    const choice = this.#queries.headlineChoice(row, this.#queries.tags(id));
    const series = choice && this.#metrics.series(id).find(({ key }) => key === choice.key);
    this.#db
      .prepare('UPDATE run SET headline_key = ?, headline_value = ?, headline_direction = ? WHERE id = ?')
      .run(choice?.key ?? null, series?.last.value ?? null, choice?.direction ?? null, id);
  }

  /** Hides a run with all below it; they share the time, so that restoring one brings back exactly these. */
  markDeleted(id: string, actor: Actor, at = Date.now()): string[] {
    const all = [id, ...this.#queries.descendants(id)];
    const marked = all.filter(
      (run) =>
        this.#db.prepare('UPDATE run SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL').run(at, run).changes > 0,
    );
    if (marked.length > 0) this.#audit(actor, 'delete', id, { runs: marked.length });
    return marked;
  }

  restore(id: string, actor: Actor): string[] {
    const row = this.#queries.row(id, { withDeleted: true });
    if (row.deleted_at === null) return [];
    const experiment = this.#db
      .prepare<[number], string>('SELECT name FROM experiment WHERE id = ?')
      .pluck()
      .get(row.experiment);
    if (experiment !== undefined) this.experiment(experiment, actor);
    const restored = [id, ...this.#queries.descendants(id)].filter(
      (run) =>
        this.#db.prepare('UPDATE run SET deleted_at = NULL WHERE id = ? AND deleted_at = ?').run(run, row.deleted_at)
          .changes > 0,
    );
    this.#audit(actor, 'restore', id, { runs: restored.length });
    return restored;
  }

  /** Removes the rows and points of a run for good. Its folder is the caller's. */
  purge(id: string, actor: Actor): void {
    if (this.#queries.find(id) === undefined) return;
    this.#metrics.remove(id);
    this.#db.prepare('DELETE FROM run WHERE id = ?').run(id);
    this.#audit(actor, 'purge', id);
  }

  /** @throws Problem `invalid` for a parent that is not there or would make a circle. */
  checkParent(parent: string): void {
    if (this.#queries.find(parent) === undefined) {
      throw new Problem('invalid', `The parent run ${parent} is not in this workspace.`, {
        hint: 'Leave the parent out.',
      });
    }
  }

  #audit(actor: Actor, action: string, subject: string, detail: Record<string, unknown> = {}): void {
    audit(this.#db, { actor, action, kind: 'run', subject, detail });
  }
}
