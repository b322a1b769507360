import { openDatabase } from '../store/database.ts';
import { workspaceMigrations } from '../store/migrations.ts';
import { Writer } from '../store/writer.ts';
import type { WorkspacePaths, WorkspaceStore } from './workspaceStore.ts';

/** Opens the database of a workspace that exists. */
export function openStore(id: string, paths: WorkspacePaths, mustExist: boolean): WorkspaceStore {
  const db = openDatabase({ file: paths.database, migrations: workspaceMigrations, mustExist });
  return { id, paths, db, writer: new Writer(db) };
}

export function closeStore(store: WorkspaceStore): void {
  store.writer.close();
  store.db.close();
}
