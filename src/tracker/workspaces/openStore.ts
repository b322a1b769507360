import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../shared/api/problem.ts';
import type { EventHub } from '../api/eventHub.ts';
import type { Logger } from '../lifecycle/log.ts';
import { Checkpoints } from '../store/checkpoints.ts';
import { type Db, openDatabase } from '../store/database.ts';
import type { FullDisk } from '../store/fullDisk.ts';
import { workspaceMigrations } from '../store/migrations.ts';
import { isWritable, openReadOnly } from '../store/readOnly.ts';
import { Writer } from '../store/writer.ts';
import { audit } from './audit.ts';
import { backupBeforeUpgrade, listBackups, restoreBackup } from './backups.ts';
import type { WorkspacePaths, WorkspaceStore } from './workspaceStore.ts';

export interface StoreServices {
  readonly log: Logger;
  readonly events: EventHub;
  readonly fullDisk: FullDisk;
}

/** A store with what closes it. */
export interface OpenStore {
  readonly store: WorkspaceStore;
  close(): void;
}

/**
 * Opens the database of a workspace. A damaged one is set aside and restored from its last backup, and that is said
 * loudly; without a backup it stays as it is and is not opened. One that is newer than this program, or that lies in a
 * folder that cannot be written, is opened for reading.
 *
 * @param mustExist true where data is known to have existed
 * @throws Problem `corrupt`
 */
export function openStore(id: string, paths: WorkspacePaths, mustExist: boolean, services: StoreServices): OpenStore {
  try {
    return openWritable(id, paths, mustExist, services);
  } catch (error) {
    if (error instanceof Problem && error.code === 'newer') return openForReading(id, paths, error);
    if (error instanceof Problem && error.code === 'corrupt') return recover(id, paths, services, error);
    if (isReadOnlyPlace(paths.database)) return openForReading(id, paths, readOnlyPlace(paths));
    throw error;
  }
}

function openWritable(id: string, paths: WorkspacePaths, mustExist: boolean, services: StoreServices): OpenStore {
  const db = openDatabase({
    file: paths.database,
    migrations: workspaceMigrations,
    mustExist,
    beforeMigration: (before) => backupBeforeUpgrade(before, paths.backups),
  });
  const checkpoints = new Checkpoints(db, services.log);
  const writer = new Writer(db, { onFailure: services.fullDisk.notice });
  writer.join(checkpoints);
  const close = () => {
    writer.close();
    checkpoints.stop();
    db.close();
  };
  return { store: { id, paths, db, writer }, close };
}

function openForReading(id: string, paths: WorkspacePaths, reason: Problem): OpenStore {
  const { db, close } = openReadOnly(paths.database);
  const readOnly = new Problem('read-only', reason.message, { hint: reason.hint });
  return { store: { id, paths, db, writer: new Writer(db, { readOnly }), readOnly: reason.message }, close };
}

function recover(id: string, paths: WorkspacePaths, services: StoreServices, damage: Problem): OpenStore {
  const { log, events } = services;
  if (listBackups(paths.backups).length === 0) {
    const message = `${damage.message} There is no backup of it.`;
    log.error({ err: damage, workspace: id }, message);
    events.emit({ type: 'notice', level: 'error', message, hint: 'A copy of it can be put in its place by hand.' });
    throw new Problem('corrupt', message, {
      hint: `Put a copy of it at ${paths.database}, or delete the workspace. The files of its runs are still there.`,
      cause: damage,
    });
  }
  const { restored, setAside } = restoreBackup(paths.database, paths.backups);
  const opened = openWritable(id, paths, true, services);
  const made = new Date(restored.createdAt).toLocaleString();
  const message = `The database of workspace ${id} was damaged. It was restored from its backup of ${made}.`;
  const kept = setAside === undefined ? 'Nothing was left of it.' : `The damaged file is kept as ${setAside}.`;
  log.error({ err: damage, workspace: id, backup: restored.name, setAside }, message);
  events.emit({ type: 'notice', level: 'error', message, hint: `${kept} What was recorded since then is missing.` });
  auditRestore(opened.store.db, id, restored.name, 'tracker');
  return opened;
}

/** In a transaction of its own: the database has just been put in place and nobody else writes it yet. */
export function auditRestore(db: Db, id: string, backup: string, actor: string): void {
  audit(db, { actor, action: 'restore', kind: 'workspace', subject: id, detail: { backup } });
}

function isReadOnlyPlace(database: string): boolean {
  return fs.existsSync(database) && !(isWritable(path.dirname(database)) && isWritable(database));
}

function readOnlyPlace(paths: WorkspacePaths): Problem {
  return new Problem('read-only', `The folder ${paths.root} cannot be written.`, {
    hint: 'Make it writable and start the tracker again; until then it can be looked at.',
  });
}
