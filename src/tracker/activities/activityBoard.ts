import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../shared/api/error.ts';
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

  #output(id: string, text: string): void {
    fs.mkdirSync(this.#logDirectory, { recursive: true });
    fs.appendFileSync(path.join(this.#logDirectory, `${id}.log`), text);
    if (!this.#activities.get(id)?.hasLog) this.#update(id, { hasLog: true });
  }

  #end(id: string, change: Partial<Activity>): void {
    this.#aborts.delete(id);
    this.#lastSent.delete(id);
    this.#update(id, { ...change, cancellable: false, endedAt: Date.now() });
    this.#lastSent.delete(id);
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
    if (onlyProgress) return;
    this.#lastSent.set(id, now);
    this.#events.emit({ type: 'activity', activity });
  }
}

function notFound(id: string): Problem {
  return new Problem('not-found', `No activity ${id}.`, { hint: 'Ended activities are kept for a while only.' });
}
