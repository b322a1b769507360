import fs from 'node:fs';
import path from 'node:path';
import type { TrackerEvent } from '../../shared/api/events.ts';
import { Problem } from '../../shared/api/problem.ts';
import { type Db, openDatabase } from '../store/database.ts';
import { listBackups, moveAside, restoreBackup } from '../workspaces/backups.ts';
import { homeMigrations } from '../workspaces/homeSchema.ts';
import type { Home } from './home.ts';

export interface LockedHome {
  readonly db: Db;
  /** What had to be repaired, to be told to people; the list of workspaces must then be held against the folders. */
  readonly repaired: Extract<TrackerEvent, { type: 'notice' }> | undefined;
}

/**
 * Opens home.db and with it takes the lock that makes this tracker the only one of its home. The lock is the
 * operating system's and so ends with the process, however that ends.
 *
 * Nobody in this process may open the file a second time: closing any descriptor of it would drop the lock (POSIX).
 *
 * A damaged home.db is set aside; its backup takes its place, or where there is none a new list is made from the
 * folders of the workspaces, which hold all that matters.
 *
 * @throws Problem `already-running`, `newer`
 */
export function lockHome(home: Home): LockedHome {
  try {
    return { db: open(home, fs.readdirSync(home.workspaces).length > 0), repaired: undefined };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'corrupt') throw error;
    return repair(home);
  }
}

export function homeBackups(home: Home): string {
  return path.join(home.root, 'backups');
}

function open(home: Home, mustExist: boolean): Db {
  try {
    const db = openDatabase({ file: home.database, migrations: homeMigrations, mustExist });
    // In exclusive mode the lock is taken by the first write and never given back.
    db.exec('BEGIN EXCLUSIVE; COMMIT');
    return db;
  } catch (cause) {
    if ((cause as { code?: string }).code?.startsWith('SQLITE_BUSY')) {
      throw new Problem('already-running', `Another tracker runs in ${home.root}.`, { cause });
    }
    throw cause;
  }
}

function repair(home: Home): LockedHome {
  const folder = homeBackups(home);
  const hasBackup = listBackups(folder).length > 0;
  const setAside = hasBackup ? restoreBackup(home.database, folder).setAside : moveAside(home.database);
  const how = hasBackup ? 'restored from its last backup' : 'made again from the folders of the workspaces';
  const repaired = {
    type: 'notice' as const,
    level: 'error' as const,
    message: `The list of workspaces (home.db) was damaged or missing. It was ${how}.`,
    hint:
      setAside === undefined ? 'Look whether all workspaces are there.' : `The damaged file is kept as ${setAside}.`,
  };
  return { db: open(home, hasBackup), repaired };
}
