import type { Db } from '../../store/database.ts';

/** Tables with rows of a run, and the column that names it. */
const TABLES = [
  ['run_param', 'run'],
  ['run_tag', 'run'],
  ['run_input', 'run'],
  ['run_media', 'run'],
  ['run_model', 'run'],
  ['run_source', 'run'],
] as const;

type Row = Record<string, unknown>;

/**
 * Copies the rows of one run from a database to another. To be called inside a job of the target's writer. The columns
 * are the databases' own, so a column that is added later is copied too.
 */
export function copyRows(from: Db, to: Db, run: string, experiment: (name: string) => number): void {
  const row = from.prepare<[string], Row>('SELECT * FROM run WHERE id = ?').get(run);
  if (row === undefined) return;
  const name = from.prepare<[unknown], string>('SELECT name FROM experiment WHERE id = ?').pluck().get(row.experiment);
  // Ids of requests are unique in a workspace; one that the target knows already is not this run's.
  const taken =
    row.request_id !== null &&
    to.prepare('SELECT 1 FROM run WHERE request_id = ? AND id <> ?').get(row.request_id, run);
  put(to, 'run', { ...row, experiment: experiment(name ?? 'default'), ...(taken ? { request_id: null } : {}) });
  for (const [table, column] of TABLES) {
    for (const each of from.prepare<[string], Row>(`SELECT * FROM ${table} WHERE ${column} = ?`).all(run))
      put(to, table, each);
  }
}

function put(db: Db, table: string, row: Row): void {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  db.prepare(`INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${marks})`).run(...Object.values(row));
}
