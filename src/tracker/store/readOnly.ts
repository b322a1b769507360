import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Db } from './database.ts';

export interface ReadOnlyDatabase {
  readonly db: Db;
  close(): void;
}

/**
 * Opens a database for reading and changes nothing in it. In a folder that cannot be written SQLite has no place for
 * its index of the write-ahead log; then a private copy is read.
 */
export function openReadOnly(file: string): ReadOnlyDatabase {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    probe(db);
    return { db, close: () => db.close() };
  } catch (error) {
    if (isWritable(path.dirname(file))) throw error;
    return openCopy(file);
  }
}

export function isWritable(place: string): boolean {
  try {
    fs.accessSync(place, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function openCopy(file: string): ReadOnlyDatabase {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'trainyard-read-only-'));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  try {
    const copy = path.join(folder, path.basename(file));
    fs.copyFileSync(file, copy);
    if (fs.existsSync(`${file}-wal`)) fs.copyFileSync(`${file}-wal`, `${copy}-wal`);
    const db = new Database(copy, { fileMustExist: true });
    db.pragma('query_only = ON');
    probe(db);
    return {
      db,
      close: () => {
        db.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Opening alone reads nothing. */
function probe(db: Db): void {
  try {
    db.prepare('SELECT count(*) FROM sqlite_master').get();
  } catch (error) {
    db.close();
    throw error;
  }
}
