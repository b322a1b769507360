import fs from 'node:fs';
import Database from 'better-sqlite3';
import { Problem } from '../../shared/api/problem.ts';
import type { Migration } from './migration.ts';

export type Db = Database.Database;

export interface OpenOptions {
  /** Path of the database file. */
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** True where data is known to have existed: a missing or empty file is then damage and is never recreated. */
  readonly mustExist?: boolean;
  /** Where the native library is, when it is not found by its package name (the tracker's copy under the home). */
  readonly nativeBinding?: string;
  /** How long to wait for another process's lock; none by default, because nobody else has business there. */
  readonly busyTimeoutMs?: number;
  /** Called with the database as it was, before its schema is brought up to date: the moment for a backup. */
  readonly beforeMigration?: (db: Db) => void;
}

/**
 * Opens a database as the design demands: WAL, `synchronous=FULL` (with NORMAL a power cut loses acknowledged rows),
 * exclusive locking, so that no second process of any kind writes it, and its schema brought up to date in one
 * transaction. Checkpoints are left to the caller (`wal_autocheckpoint=0`), because they would stall a commit.
 *
 * @throws Problem `corrupt` or `newer`, with nothing touched.
 */
export function openDatabase(options: OpenOptions): Db {
  if (options.mustExist && (!fs.existsSync(options.file) || fs.statSync(options.file).size === 0)) {
    throw new Problem('corrupt', `The database ${options.file} is missing or empty, although it held data before.`, {
      hint: 'It is not recreated, so that nothing is hidden. Restore it from the backups folder beside it.',
    });
  }
  const db = new Database(options.file, {
    timeout: options.busyTimeoutMs ?? 0,
    ...(options.nativeBinding === undefined ? {} : { nativeBinding: options.nativeBinding }),
  });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('journal_size_limit = 67108864');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    migrate(db, options);
    return db;
  } catch (cause) {
    db.close();
    if (cause instanceof Problem) throw cause;
    const code = (cause as { code?: string }).code ?? '';
    if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
      throw new Problem('corrupt', `The database ${options.file} is damaged.`, {
        hint: 'It is set aside and restored from its last backup where there is one.',
        cause,
      });
    }
    throw cause;
  }
}

/** Schema version of a database, in SQLite's own `user_version`. */
export function schemaVersion(db: Db): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function migrate(db: Db, { file, migrations, beforeMigration }: OpenOptions): void {
  const newest = migrations.length;
  const current = schemaVersion(db);
  if (current > newest) {
    throw new Problem(
      'newer',
      `${file} was written by a newer Trainyard (schema ${current}; this one knows ${newest}).`,
      {
        hint: 'Update Trainyard to open it. Nothing was changed.',
      },
    );
  }
  if (current === newest) return;
  if (current > 0) beforeMigration?.(db);
  // One transaction for all steps: a kill leaves the old schema or the new one, never half.
  db.exec('BEGIN EXCLUSIVE');
  try {
    for (const migration of migrations.slice(current)) {
      for (const statement of migration.up) db.exec(statement);
    }
    db.pragma(`user_version = ${newest}`);
    db.exec('COMMIT');
  } catch (error) {
    // SQLite has rolled back by itself after some errors, such as a full disk.
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
