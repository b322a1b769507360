import { Problem } from '../../../shared/api/error.ts';
import type { QueryOf } from '../../../shared/api/route.ts';
import type { Routes } from '../../../shared/api/routes.ts';
import type { Db } from '../../store/database.ts';
import { RUN_COLUMNS, type RunRow } from './storedRun.ts';

export type RunListQuery = QueryOf<Routes['runs.list']>;

export interface RunPage {
  readonly rows: RunRow[];
  readonly total: number;
  readonly cursor?: string;
}

const DEFAULT_LIMIT = 200;

/** Runs that match, newest first. `cursor` goes on after the last run of the page before, whatever came since. */
export function listRuns(db: Db, query: RunListQuery): RunPage {
  const where = conditions(query);
  const total =
    db
      .prepare<unknown[], number>(`SELECT count(*) FROM run ${where.sql}`)
      .pluck()
      .get(...where.values) ?? 0;
  const limit = query.limit ?? DEFAULT_LIMIT;
  const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  const page = db
    .prepare<unknown[], RunRow & { position: number }>(
      `SELECT ${RUN_COLUMNS}, run.rowid AS position FROM run ${where.sql}
        ${after ? 'AND (run.created_at, run.rowid) < (?, ?)' : ''}
        ORDER BY run.created_at DESC, run.rowid DESC LIMIT ?`,
    )
    .all(...where.values, ...(after ?? []), limit + 1);
  const rows = page.slice(0, limit);
  const last = rows.at(-1);
  return page.length > limit && last ? { rows, total, cursor: `${last.created_at}.${last.position}` } : { rows, total };
}

function conditions(query: RunListQuery): { sql: string; values: unknown[] } {
  const parts = [query.deleted ? 'run.deleted_at IS NOT NULL' : 'run.deleted_at IS NULL'];
  const values: unknown[] = [];
  const add = (sql: string, ...of: unknown[]): void => {
    parts.push(sql);
    values.push(...of);
  };
  if (query.experiment !== undefined) add('run.experiment = ?', experimentNumber(query.experiment));
  if (query.state !== undefined) add('run.state = ?', query.state);
  if (query.parent === 'none') add('run.parent IS NULL');
  else if (query.parent !== undefined) add('run.parent = ?', query.parent);
  if (query.folder !== undefined) add('run.folder = ?', query.folder);
  if (query.star !== undefined) add('run.star = ?', query.star ? 1 : 0);
  if (query.text !== undefined && query.text !== '') {
    const like = `%${query.text.replace(/[\\%_]/g, '\\$&')}%`;
    add(
      `(run.name LIKE ? ESCAPE '\\' OR run.note LIKE ? ESCAPE '\\'
        OR EXISTS (SELECT 1 FROM experiment WHERE id = run.experiment AND name LIKE ? ESCAPE '\\')
        OR EXISTS (SELECT 1 FROM run_tag WHERE run_tag.run = run.id AND (key LIKE ? ESCAPE '\\' OR value LIKE ? ESCAPE '\\')))`,
      like,
      like,
      like,
      like,
      like,
    );
  }
  return { sql: `WHERE ${parts.join(' AND ')}`, values };
}

/** Experiments have numbers; anything else names none, and so finds nothing. */
function experimentNumber(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : -1;
}

function parseCursor(cursor: string): [number, number] {
  const match = /^(\d{1,16})\.(\d{1,16})$/.exec(cursor);
  if (!match) {
    throw new Problem('invalid', 'This cursor was not made by runs.list.', { hint: 'Ask for the first page again.' });
  }
  return [Number(match[1]), Number(match[2])];
}
