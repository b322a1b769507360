import fs from 'node:fs';
import { Problem } from '../../shared/api/error.ts';
import { type Db, openDatabase } from '../store/database.ts';
import { homeMigrations } from '../workspaces/homeSchema.ts';
import type { Home } from './home.ts';

/**
 * Opens home.db and with it takes the lock that makes this tracker the only one of its home. The lock is the
 * operating system's and so ends with the process, however that ends.
 *
 * Nobody in this process may open the file a second time: closing any descriptor of it would drop the lock (POSIX).
 *
 * @throws Problem `already-running`, or what `openDatabase` throws.
 */
export function lockHome(home: Home): Db {
  const mustExist = fs.readdirSync(home.workspaces).length > 0;
  try {
    const db = openDatabase({ file: home.database, migrations: homeMigrations, mustExist, busyTimeoutMs: 0 });
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
