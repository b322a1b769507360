import type { Db } from './database.ts';

/**
 * Something that keeps state in memory beside the database (the metric store's tails) and must follow its commits.
 */
export interface Participant {
  /** Called inside the transaction, after its last job. What it throws rolls the group back. */
  beforeCommit?(): void;
  committed(): void;
  rolledBack(): void;
}

export interface WriterOptions {
  /** Why nothing can be written; every write then rejects with it. */
  readonly readOnly?: Error;
  /** Told of every transaction that failed, before its callers are. */
  readonly onFailure?: (error: unknown) => void;
}

interface Job {
  readonly run: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: every write asked for in one turn of the event loop shares one transaction and one fsync, and each
 * promise resolves only after that commit. This is what "acknowledged" means everywhere in the tracker.
 *
 * A job must be safe to run again: when one job of a group throws, the group is rolled back and its jobs run one by
 * one, so that the failure hits only its own caller.
 */
export class Writer {
  readonly #db: Db;
  readonly #options: WriterOptions;
  readonly #participants: Participant[] = [];
  #queue: Job[] = [];
  #scheduled = false;
  #closed = false;

  constructor(db: Db, options: WriterOptions = {}) {
    this.#db = db;
    this.#options = options;
  }

  join(participant: Participant): void {
    this.#participants.push(participant);
  }

  /** Runs `job` inside the next transaction; resolves with its result after the commit is on disk. */
  write<T>(job: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('The database is closed.'));
    if (this.#options.readOnly !== undefined) return Promise.reject(this.#options.readOnly);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run: job, resolve: resolve as (value: never) => void, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.flush());
    });
  }

  /** Commits what is waiting, now. */
  flush(): void {
    this.#scheduled = false;
    const jobs = this.#queue;
    if (jobs.length === 0) return;
    this.#queue = [];
    const results = this.#transaction(jobs);
    if (results.ok) {
      settle(jobs, results.values);
    } else if (jobs.length === 1) {
      jobs[0]?.reject(results.error);
    } else {
      for (const job of jobs) {
        const single = this.#transaction([job]);
        if (single.ok) settle([job], single.values);
        else job.reject(single.error);
      }
    }
  }

  /** Commits what is waiting and accepts nothing more. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #transaction(jobs: readonly Job[]): { ok: true; values: unknown[] } | { ok: false; error: unknown } {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const values = jobs.map((job) => job.run());
      for (const participant of this.#participants) participant.beforeCommit?.();
      this.#db.exec('COMMIT');
      for (const participant of this.#participants) participant.committed();
      return { ok: true, values };
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      for (const participant of this.#participants) participant.rolledBack();
      this.#options.onFailure?.(error);
      return { ok: false, error };
    }
  }
}

function settle(jobs: readonly Job[], values: readonly unknown[]): void {
  jobs.forEach((job, index) => {
    job.resolve(values[index] as never);
  });
}
