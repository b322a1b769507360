import fs from 'node:fs';
import path from 'node:path';
import type { EventHub } from '../api/eventHub.ts';
import type { Logger } from '../lifecycle/log.ts';

const BALLAST = 2 * 1024 * 1024;
/** Room that there must be before the disk counts as usable again. */
const ENOUGH = 4 * BALLAST;
const LOOK_AGAIN_MS = 3000;

/** Whether an error says that the disk is full: SQLite's own word, or the system's under it or beside it. */
export function isNoSpace(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT';
}

/**
 * Keeps the tracker going on a full disk. A ballast file is held ready and thrown away when the disk first turns out
 * to be full, so that what must still be written (how a run ended, the tracker's own announcement) finds room; it is
 * made again once there is space. The person is told once when it begins and once when it is over.
 */
export class FullDisk {
  readonly #ballast: string;
  readonly #events: EventHub;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(home: string, events: EventHub, log: Logger) {
    this.#ballast = path.join(home, 'ballast');
    this.#events = events;
    this.#log = log;
  }

  /** Looks at a failure and acts if it is for want of space. */
  readonly notice = (error: unknown): void => {
    if (!isNoSpace(error) || this.#timer !== undefined) return;
    fs.rmSync(this.#ballast, { force: true });
    const message = 'The disk of the Trainyard home is full. Trainings go on, but nothing new can be recorded.';
    const hint = 'Free some space; recording goes on by itself, and what runs have written to their files is taken in.';
    this.#log.error({ err: error }, message);
    this.#events.emit({ type: 'notice', level: 'error', message, hint });
    this.#timer = setInterval(() => this.#lookAgain(), LOOK_AGAIN_MS);
    this.#timer.unref();
  };

  /** Does what must be written now. Where there is no room, the ballast makes some and it is done once more. */
  withRoom<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      this.notice(error);
      return work();
    }
  }

  /** Makes the ballast unless it is there, or was given away just now. Not having one is no reason not to start. */
  prepare(): void {
    if (this.#timer !== undefined) return;
    try {
      if (fs.statSync(this.#ballast, { throwIfNoEntry: false })?.size === BALLAST) return;
      // Written, not only sized: a hole takes no room and would give none back.
      fs.writeFileSync(this.#ballast, Buffer.alloc(BALLAST, 0xba), { mode: 0o600 });
    } catch (error) {
      fs.rmSync(this.#ballast, { force: true });
      this.notice(error);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #lookAgain(): void {
    const { bavail, bsize } = fs.statfsSync(path.dirname(this.#ballast));
    if (bavail * bsize < ENOUGH) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.prepare();
    const message = 'There is space on the disk again; recording goes on.';
    this.#log.info(message);
    this.#events.emit({ type: 'notice', level: 'info', message });
  }
}
