import type { Db } from '../store/database.ts';
import { statements } from '../store/statements.ts';

export interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly createdAt: number;
}

const prepared = statements((db) => ({
  list: db.prepare('SELECT * FROM workspace WHERE deleted_at IS NULL ORDER BY created_at, id'),
  doomed: db.prepare('SELECT id FROM workspace WHERE deleted_at IS NOT NULL').pluck(),
  isTaken: db.prepare('SELECT 1 FROM workspace WHERE id = ?').pluck(),
  insert: db.prepare('INSERT INTO workspace (id, name, is_default, created_at) VALUES (?, ?, ?, ?)'),
  rename: db.prepare('UPDATE workspace SET name = ? WHERE id = ?'),
  clearDefault: db.prepare('UPDATE workspace SET is_default = 0 WHERE is_default = 1'),
  setDefault: db.prepare('UPDATE workspace SET is_default = 1 WHERE id = ?'),
  doom: db.prepare('UPDATE workspace SET deleted_at = ? WHERE id = ?'),
  forget: db.prepare('DELETE FROM workspace WHERE id = ?'),
  getSetting: db.prepare('SELECT value FROM setting WHERE key = ?').pluck(),
  setSetting: db.prepare(
    'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  ),
}));

interface StoredRow {
  id: string;
  name: string;
  is_default: number;
  created_at: number;
}

export function listWorkspaces(db: Db): WorkspaceRow[] {
  const rows = prepared(db).list.all() as StoredRow[];
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    isDefault: row.is_default === 1,
    createdAt: row.created_at,
  }));
}

/** Workspaces whose deletion was decided but whose files may still be there, after a kill in between. */
export function doomedWorkspaces(db: Db): string[] {
  return prepared(db).doomed.all() as string[];
}

export function isIdTaken(db: Db, id: string): boolean {
  return prepared(db).isTaken.get(id) !== undefined;
}

export function insertWorkspace(db: Db, row: WorkspaceRow): void {
  prepared(db).insert.run(row.id, row.name, row.isDefault ? 1 : 0, row.createdAt);
}

export function renameWorkspace(db: Db, id: string, name: string): void {
  prepared(db).rename.run(name, id);
}

export function setDefaultWorkspace(db: Db, id: string): void {
  prepared(db).clearDefault.run();
  prepared(db).setDefault.run(id);
}

export function doomWorkspace(db: Db, id: string): void {
  prepared(db).doom.run(Date.now(), id);
}

export function forgetWorkspace(db: Db, id: string): void {
  prepared(db).forget.run(id);
}

export function getSetting(db: Db, key: string): string | undefined {
  return prepared(db).getSetting.get(key) as string | undefined;
}

export function setSetting(db: Db, key: string, value: string): void {
  prepared(db).setSetting.run(key, value);
}
