import fs from 'node:fs';
import { Problem } from '../../shared/api/problem.ts';
import type { EventHub } from '../api/eventHub.ts';
import type { Logger } from '../lifecycle/log.ts';
import type { Db } from '../store/database.ts';
import type { FullDisk } from '../store/fullDisk.ts';
import { listBackups, makeBackup } from './backups.ts';

/** A database that is backed up. */
export interface Backed {
  readonly name: string;
  readonly db: Db;
  readonly file: string;
  readonly folder: string;
}

export interface ScheduleOptions {
  /** Asked for anew each time, for workspaces come and go. */
  readonly databases: () => readonly Backed[];
  /** True after an unclean end: then every database is checked, however young its backup is. */
  readonly checkAll: boolean;
  readonly events: EventHub;
  readonly log: Logger;
  readonly fullDisk: FullDisk;
}

const DAY_MS = 24 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

/**
 * A backup a day of each database that has changed. A backup is a full check at the same time, so after an unclean end
 * one is made at once, which is the check that the design asks for.
 */
export class BackupSchedule {
  readonly #options: ScheduleOptions;
  #timer: NodeJS.Timeout | undefined;
  #checkAll: boolean;
  #stopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#checkAll = options.checkAll;
  }

  start(): void {
    // Not while clients that have just connected ask for everything at once.
    this.#plan(Number(process.env.TRAINYARD_FIRST_BACKUP_MS ?? 60_000));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #plan(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#round().finally(() => this.#plan(HOUR_MS)), ms);
    this.#timer.unref();
  }

  async #round(): Promise<void> {
    const checkAll = this.#checkAll;
    this.#checkAll = false;
    for (const backed of this.#options.databases()) {
      if (!this.#stopped && (checkAll || isDue(backed))) await this.#backUp(backed);
    }
  }

  async #backUp({ name, db, folder }: Backed): Promise<void> {
    const { events, log, fullDisk } = this.#options;
    try {
      const { name: file, bytes } = await makeBackup(db, folder, 'daily');
      log.info({ database: name, file, bytes }, 'backed up and checked');
    } catch (error) {
      // Closed meanwhile: its workspace was deleted, or the tracker leaves.
      if (!db.open) return;
      fullDisk.notice(error);
      log.error({ err: error, database: name }, 'a backup failed');
      if (!(error instanceof Problem) || error.code !== 'corrupt') return;
      events.emit({
        type: 'notice',
        level: 'error',
        message: `The database of ${name} is damaged: ${error.details?.[0] ?? error.message}.`,
        hint: 'Put its last good backup in its place: trainyard restore.',
      });
    }
  }
}

function isDue({ file, folder }: Backed): boolean {
  const newest = listBackups(folder)[0]?.createdAt ?? 0;
  return Date.now() - newest > DAY_MS && changedAt(file) > newest;
}

/** By stat: a database that is open must not be opened a second time in its own process. */
function changedAt(file: string): number {
  const times = [file, `${file}-wal`].map((one) => fs.statSync(one, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}
