import type { Logger } from '../lifecycle/log.ts';
import type { Db } from './database.ts';
import { isNoSpace } from './fullDisk.ts';
import type { Participant } from './writer.ts';

/** A pause this long after a commit is taken for a checkpoint … */
const IDLE_MS = 300;
/** … and under steady load one is made this often all the same, so that the log does not grow without end. */
const LONGEST_MS = 5000;

/**
 * Moves what was committed from the write-ahead log into the database, between commits and never as part of one: the
 * acknowledgement of a write does not wait for it.
 */
export class Checkpoints implements Participant {
  readonly #db: Db;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #firstAt = 0;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  committed(): void {
    if (this.#timer === undefined) this.#firstAt = Date.now();
    else if (Date.now() - this.#firstAt > LONGEST_MS - IDLE_MS) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), IDLE_MS);
    this.#timer.unref();
  }

  rolledBack(): void {
    // Nothing was added to the log.
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#timer = undefined;
    try {
      this.#db.pragma('wal_checkpoint(PASSIVE)');
    } catch (error) {
      // Nothing is lost: what was committed is in the log, and the next checkpoint takes it.
      if (!isNoSpace(error)) this.#log.error({ err: error }, 'a checkpoint failed');
    }
  }
}
