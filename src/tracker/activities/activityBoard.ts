import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../shared/api/problem.ts';
import type { Activity } from '../../shared/domain/activity.ts';
import type { EventHub } from '../api/eventHub.ts';

export interface ActivityOptions {
  readonly kind: string;
  readonly title: string;
  readonly workspace?: string;
  readonly subject?: { kind: string; id: string };
}

/** What the work behind an activity is handed. */
export interface ActivityControl {
  readonly id: string;
  readonly signal: AbortSignal;
  /** `progress` between 0 and 1, where it is known. */
  report(message: string, progress?: number): void;
  /** Appends to the activity's log. */
  output(text: string): void;
}

const KEPT = 100;
const MIN_INTERVAL_MS = 100;

/** Every long operation of the tracker: its progress, its log, its cancel and its end. */
export class ActivityBoard {
  readonly #events: EventHub;
  readonly #logDirectory: string;
  readonly #activities = new Map<string, Activity>();
  readonly #aborts = new Map<string, AbortController>();
  readonly #lastSent = new Map<string, number>();
  /** Timers that send what was held back, by activity. */
  readonly #due = new Map<string, NodeJS.Timeout>();
  #swept = false;

  constructor(events: EventHub, logDirectory: string) {
    this.#events = events;
    this.#logDirectory = logDirectory;
  }

  list(): Activity[] {
    return [...this.#activities.values()].reverse();
  }

  get running(): number {
    return this.#aborts.size;
  }

  logFile(id: string): string {
    if (!this.#activities.has(id)) throw notFound(id);
    return path.join(this.#logDirectory, `${id}.log`);
  }

  cancel(id: string): Activity {
    const activity = this.#activities.get(id);
    if (!activity) throw notFound(id);
    this.#aborts.get(id)?.abort(new Problem('cancelled', `${activity.title}: cancelled.`));
    return activity;
  }

  /** Runs `work` as an activity. Its promise settles as the work does; `control.signal` aborts it. */
  async run<T>(options: ActivityOptions, work: (control: ActivityControl) => Promise<T>): Promise<T> {
    return this.start(options, work).done;
  }

  /** Like `run`, for callers that answer before the work has ended. */
  start<T>(options: ActivityOptions, work: (control: ActivityControl) => Promise<T>): { id: string; done: Promise<T> } {
    const id = randomUUID();
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#change(id, {
      id,
      ...options,
      state: 'running',
      cancellable: true,
      hasLog: false,
      startedAt: Date.now(),
    });
    const control: ActivityControl = {
      id,
      signal: abort.signal,
      report: (message, progress) => this.#update(id, progress === undefined ? { message } : { message, progress }),
      output: (text) => this.#output(id, text),
    };
    const done = Promise.resolve()
      .then(() => work(control))
      .then(
        (value) => {
          this.#end(id, { state: 'done' });
          return value;
        },
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          this.#end(id, abort.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error: message });
          throw error;
        },
      );
    // The caller may only look at the activity; its failure is then shown there and must not end the tracker.
    done.catch(() => undefined);
    return { id, done };
  }

  /** Output comes in the middle of other work, which a log that cannot be written (a full disk) must not end. */
  #output(id: string, text: string): void {
    try {
      fs.mkdirSync(this.#logDirectory, { recursive: true });
      this.#sweep();
      fs.appendFileSync(path.join(this.#logDirectory, `${id}.log`), text);
    } catch {
      return;
    }
    if (!this.#activities.get(id)?.hasLog) this.#update(id, { hasLog: true });
  }

  /** Logs of a tracker before this one belong to activities that nobody can ask for any more. */
  #sweep(): void {
    if (this.#swept) return;
    this.#swept = true;
    for (const name of fs.readdirSync(this.#logDirectory)) {
      if (!this.#activities.has(path.parse(name).name)) fs.rmSync(path.join(this.#logDirectory, name), { force: true });
    }
  }

  #end(id: string, change: Partial<Activity>): void {
    this.#aborts.delete(id);
    this.#lastSent.delete(id);
    this.#update(id, { ...change, cancellable: false, endedAt: Date.now() });
    for (const old of [...this.#activities.keys()].slice(0, Math.max(0, this.#activities.size - KEPT))) {
      if (this.#aborts.has(old)) continue;
      this.#activities.delete(old);
      fs.rmSync(path.join(this.#logDirectory, `${old}.log`), { force: true });
    }
  }

  #update(id: string, change: Partial<Activity>): void {
    const activity = this.#activities.get(id);
    if (activity) this.#change(id, { ...activity, ...change });
  }

  #change(id: string, activity: Activity): void {
    this.#activities.set(id, activity);
    const now = Date.now();
    const onlyProgress = activity.state === 'running' && now - (this.#lastSent.get(id) ?? 0) < MIN_INTERVAL_MS;
    if (onlyProgress) this.#later(id);
    else this.#send(id);
  }

  /** The last of a burst is sent too: long work may have nothing to say after it. */
  #later(id: string): void {
    if (!this.#due.has(id)) this.#due.set(id, setTimeout(() => this.#send(id), MIN_INTERVAL_MS).unref());
  }

  #send(id: string): void {
    clearTimeout(this.#due.get(id));
    this.#due.delete(id);
    const activity = this.#activities.get(id);
    if (activity === undefined) return;
    if (activity.state === 'running') this.#lastSent.set(id, Date.now());
    this.#events.emit({ type: 'activity', activity });
  }
}

function notFound(id: string): Problem {
  return new Problem('not-found', `No activity ${id}.`, { hint: 'Ended activities are kept for a while only.' });
}
