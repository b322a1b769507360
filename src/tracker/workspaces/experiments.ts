import { Problem } from '../../shared/api/error.ts';
import type { Experiment } from '../../shared/domain/workspace.ts';
import type { Db } from '../store/database.ts';
import { statements } from '../store/statements.ts';
import { audit } from './audit.ts';
import type { Actor, WorkspaceStore } from './workspaceStore.ts';

interface Row {
  id: number;
  name: string;
  created_at: number;
  note: string | null;
  deleted_at: number | null;
  runs: number;
  active: number;
  last: number | null;
}

const ACTIVE = `state IN ('queued', 'preparing', 'running')`;
// A deleted experiment counts the runs that were deleted with it: that is what a restore brings back.
const SELECT = `
  SELECT e.id, e.name, e.created_at, e.note, e.deleted_at, count(r.id) AS runs,
    count(r.id) FILTER (WHERE r.${ACTIVE}) AS active, max(r.created_at) AS last
  FROM experiment e LEFT JOIN run r ON r.experiment = e.id AND r.deleted_at IS e.deleted_at`;

const prepared = statements((db) => ({
  list: db.prepare(
    `${SELECT} WHERE (e.deleted_at IS NOT NULL) = ? GROUP BY e.id ORDER BY coalesce(last, e.created_at) DESC, e.id DESC`,
  ),
  get: db.prepare(`${SELECT} WHERE e.id = ? GROUP BY e.id`),
  tags: db.prepare('SELECT experiment, key, value FROM experiment_tag ORDER BY experiment, key'),
  tagsOf: db.prepare('SELECT experiment, key, value FROM experiment_tag WHERE experiment = ? ORDER BY key'),
  named: db.prepare('SELECT id, deleted_at FROM experiment WHERE name = ?'),
  rename: db.prepare('UPDATE experiment SET name = ? WHERE id = ?'),
  setNote: db.prepare('UPDATE experiment SET note = ? WHERE id = ?'),
  touch: db.prepare('UPDATE experiment SET updated_at = ? WHERE id = ?'),
  setTag: db.prepare(
    'INSERT INTO experiment_tag (experiment, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  ),
  removeTag: db.prepare('DELETE FROM experiment_tag WHERE experiment = ? AND key = ?'),
  setDeleted: db.prepare('UPDATE experiment SET deleted_at = ? WHERE id = ?'),
  runsOf: db.prepare('SELECT id FROM run WHERE experiment = ? AND deleted_at IS ?').pluck(),
  moveRuns: db.prepare('UPDATE run SET deleted_at = ? WHERE experiment = ? AND deleted_at IS ?'),
}));

export function listExperiments(db: Db, deleted: boolean): Experiment[] {
  const tags = new Map<number, Record<string, string>>();
  for (const { experiment, key, value } of prepared(db).tags.all() as TagRow[]) {
    const known = tags.get(experiment) ?? {};
    known[key] = value;
    tags.set(experiment, known);
  }
  return (prepared(db).list.all(deleted ? 1 : 0) as Row[]).map((row) => toExperiment(row, tags.get(row.id) ?? {}));
}

/** @throws Problem `not-found`. */
export function getExperiment(db: Db, id: string): Experiment {
  const row = prepared(db).get.get(id) as Row | undefined;
  if (!row)
    throw new Problem('not-found', `No experiment ${id}.`, {
      hint: 'List them with `trainyard api experiments.list`.',
    });
  const tags = prepared(db).tagsOf.all(row.id) as TagRow[];
  return toExperiment(row, Object.fromEntries(tags.map(({ key, value }) => [key, value])));
}

export interface ExperimentChange {
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** @throws Problem `not-found`, `conflict` for a name that is taken. */
export async function updateExperiment(
  { db, writer }: WorkspaceStore,
  id: string,
  change: ExperimentChange,
  actor: Actor,
): Promise<Experiment> {
  await writer.write(() => {
    const before = getExperiment(db, id);
    const sql = prepared(db);
    if (change.name !== undefined && change.name !== before.name) {
      refuseTaken(db, change.name);
      sql.rename.run(change.name, id);
      const detail = { from: before.name, to: change.name };
      audit(db, { actor, action: 'rename', kind: 'experiment', subject: id, detail });
    }
    if (change.note !== undefined) sql.setNote.run(change.note === '' ? null : change.note, id);
    for (const [key, value] of Object.entries(change.tags ?? {})) {
      if (value === '') sql.removeTag.run(id, key);
      else sql.setTag.run(id, key, value);
    }
    if (change.note !== undefined || change.tags !== undefined) {
      const { note, tags } = change;
      audit(db, { actor, action: 'update', kind: 'experiment', subject: id, detail: { note, tags } });
    }
    sql.touch.run(Date.now(), id);
  });
  return getExperiment(db, id);
}

/**
 * Deletes an experiment and its runs, marked with one time so that a restore brings back exactly these.
 *
 * @returns ids of the runs deleted with it
 * @throws Problem `not-found`, `in-use` while one of its runs is active.
 */
export function deleteExperiment({ db, writer }: WorkspaceStore, id: string, actor: Actor): Promise<string[]> {
  return writer.write(() => {
    const { name, activeRuns, deletedAt } = getExperiment(db, id);
    if (deletedAt !== undefined) return [];
    if (activeRuns > 0) {
      throw new Problem('in-use', `${name} cannot be deleted: ${activeRuns} of its runs are active.`, {
        hint: 'Wait for them or cancel them first.',
      });
    }
    const runs = prepared(db).runsOf.all(id, null) as string[];
    const now = Date.now();
    prepared(db).moveRuns.run(now, id, null);
    prepared(db).setDeleted.run(now, id);
    audit(db, { actor, action: 'delete', kind: 'experiment', subject: id, detail: { name, runs: runs.length } });
    return runs;
  });
}

/** @throws Problem `not-found`. */
export async function restoreExperiment({ db, writer }: WorkspaceStore, id: string, actor: Actor): Promise<Experiment> {
  await writer.write(() => {
    const { deletedAt, name } = getExperiment(db, id);
    if (deletedAt === undefined) return;
    prepared(db).moveRuns.run(null, id, deletedAt);
    prepared(db).setDeleted.run(null, id);
    audit(db, { actor, action: 'restore', kind: 'experiment', subject: id, detail: { name } });
  });
  return getExperiment(db, id);
}

function refuseTaken(db: Db, name: string): void {
  const taken = prepared(db).named.get(name) as { deleted_at: number | null } | undefined;
  if (!taken) return;
  const where = taken.deleted_at === null ? '' : ' among the deleted ones';
  throw new Problem('conflict', `There is an experiment named ${name} already${where}.`, {
    hint: 'Choose another name.',
  });
}

interface TagRow {
  experiment: number;
  key: string;
  value: string;
}

function toExperiment(row: Row, tags: Record<string, string>): Experiment {
  return {
    id: String(row.id),
    name: row.name,
    createdAt: row.created_at,
    ...(row.last === null ? {} : { lastRunAt: row.last }),
    runs: row.runs,
    activeRuns: row.active,
    ...(row.note === null ? {} : { note: row.note }),
    tags,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}
