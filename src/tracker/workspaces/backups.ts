import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../../shared/api/problem.ts';
import type { Backup } from '../../shared/domain/workspace.ts';
import { programFile } from '../../shared/programFiles.ts';
import type { Db } from '../store/database.ts';

const run = promisify(execFile);
/** Backups kept for each reason. */
const KEPT = 7;
/** No backup takes this long. */
const HALF_MS = 24 * 3600 * 1000;

export type BackupReason = 'daily' | 'upgrade' | 'asked';

/** Backups in a folder, newest first. Their names say when and why: `2026-11-20T21-03-38-123Z-daily.db`. */
export function listBackups(folder: string): Backup[] {
  const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const found = files.flatMap((name): Backup[] => {
    const [, day, hour, minute, second, ms, reason] =
      /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z-([a-z]+)\.db$/.exec(name) ?? [];
    if (day === undefined || reason === undefined) return [];
    const createdAt = Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`);
    return [{ name, createdAt, reason, bytes: fs.statSync(path.join(folder, name)).size }];
  });
  return found.sort((a, b) => b.createdAt - a.createdAt);
}

/**
 * Copies a database that is in use, page by page between other work, checks the copy in full in a process of its own,
 * and only then gives it its name.
 *
 * @throws Problem `corrupt` when the copy, and so the database, fails the check.
 */
export async function makeBackup(db: Db, folder: string, reason: BackupReason): Promise<Backup> {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = backupName(reason);
  const temporary = path.join(folder, `${name}.tmp`);
  try {
    await db.backup(temporary);
    await checkDatabaseFile(temporary);
    syncFile(temporary);
    fs.renameSync(temporary, path.join(folder, name));
  } finally {
    for (const rest of ['', '-wal', '-shm', '-journal']) fs.rmSync(temporary + rest, { force: true });
  }
  prune(folder);
  return listBackups(folder).find((backup) => backup.name === name) ?? gone(name);
}

/** At once and in one go, for the moment before a schema is changed. */
export function backupBeforeUpgrade(db: Db, folder: string): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, backupName('upgrade'));
  db.prepare('VACUUM INTO ?').run(`${file}.tmp`);
  syncFile(`${file}.tmp`);
  fs.renameSync(`${file}.tmp`, file);
  prune(folder);
}

export interface Restored {
  readonly restored: Backup;
  /** Where the file that was there before is kept; undefined when there was none. */
  readonly setAside: string | undefined;
}

/**
 * Puts a backup, the newest unless one is named, in the place of a database that nobody has open. What was there is
 * set aside, never deleted.
 *
 * @throws Problem `not-found` when there is no such backup; nothing was touched then.
 */
export function restoreBackup(database: string, folder: string, name?: string): Restored {
  const backups = listBackups(folder);
  const restored = name === undefined ? backups[0] : backups.find((backup) => backup.name === name);
  if (restored === undefined) {
    throw new Problem('not-found', name === undefined ? 'There is no backup.' : `There is no backup ${name}.`, {
      hint: 'List them with `trainyard backup --list`.',
    });
  }
  // The copy first: if there is no room for it, all stays as it was.
  const temporary = `${database}.restoring`;
  fs.copyFileSync(path.join(folder, restored.name), temporary, fs.constants.COPYFILE_FICLONE);
  syncFile(temporary);
  const setAside = moveAside(database);
  fs.renameSync(temporary, database);
  return { restored, setAside };
}

/** Renames a database that nobody has open, and what belongs to it; undefined when there is none. */
export function moveAside(database: string): string | undefined {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const aside = `${database}.set-aside-${stamp}`;
  for (const rest of ['-wal', '-shm']) {
    if (fs.existsSync(database + rest)) fs.renameSync(database + rest, aside + rest);
  }
  if (!fs.existsSync(database)) return undefined;
  fs.renameSync(database, aside);
  return aside;
}

/** Runs the full check in a child, so that a large database does not hold up the tracker. */
async function checkDatabaseFile(file: string): Promise<void> {
  try {
    await run(process.execPath, [programFile('children/checkDatabase'), file], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      windowsHide: true,
    });
  } catch (cause) {
    const { stdout = '' } = cause as { stdout?: string };
    if (stdout === '') throw cause;
    throw new Problem('corrupt', 'The database is damaged.', {
      details: stdout.trim().split('\n').slice(0, 10),
      cause,
    });
  }
}

function backupName(reason: BackupReason): string {
  return `${new Date().toISOString().replace(/[:.]/g, '-')}-${reason}.db`;
}

function prune(folder: string): void {
  const counts = new Map<string, number>();
  for (const { name, reason } of listBackups(folder)) {
    const count = (counts.get(reason) ?? 0) + 1;
    counts.set(reason, count);
    if (count > KEPT) fs.rmSync(path.join(folder, name), { force: true });
  }
  // Halves that a kill has left; each is as large as the database.
  for (const name of fs.readdirSync(folder).filter((one) => /\.db\.tmp(?:-wal|-shm|-journal)?$/.test(one))) {
    const half = path.join(folder, name);
    const age = Date.now() - (fs.statSync(half, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > HALF_MS) fs.rmSync(half, { force: true });
  }
}

function syncFile(file: string): void {
  const descriptor = fs.openSync(file, 'r+');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function gone(name: string): never {
  throw new Problem('unavailable', `The backup ${name} vanished while it was made.`);
}
