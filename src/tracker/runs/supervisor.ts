import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../shared/api/error.ts';
import type { RunEnd } from '../../shared/domain/run.ts';
import { parseMemory, parseTime } from '../../shared/resources.ts';
import { RUN_FILES } from '../../shared/runDirectory.ts';
import type { TrackerContext } from '../context.ts';
import { endRunProcesses } from './control/endRunProcesses.ts';
import { TimeLimits } from './control/timeLimits.ts';
import { announceEnd, finishRun, registerModels } from './end/finishRun.ts';
import { RunFollower } from './follow/follower.ts';
import type { FoundExit } from './follow/runFolder.ts';
import { SystemMetrics } from './follow/systemMetrics.ts';
import type { RunRow } from './repository/storedRun.ts';
import { type RunScope, type RunScopes, runDirectory } from './runScope.ts';
import type { RunServices } from './services.ts';
import { captureInterpreter } from './submit/captureInterpreter.ts';
import { removePending, removePrepared } from './submit/pending.ts';
import { bootId, type RunPreparer } from './submit/preparer.ts';

const CHECK_MS = 2000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** At least this long between two looks at a run's files, however fast they grow. */
const LOOK_MS = 100;
/** Between TERM and KILL. */
export const DEFAULT_GRACE_MS = 10_000;
/** A wrapper writes its first file in milliseconds; one that has not by then was never started. */
const WRAPPER_START_MS = 3000;

export interface SupervisorOptions {
  readonly context: TrackerContext;
  readonly scopes: RunScopes;
  readonly services: RunServices;
  readonly preparer: RunPreparer;
  /** A run came to a limit of its own and is to be ended. */
  limitReached(scope: RunScope, run: string, reason: 'time-limit' | 'memory-limit'): Promise<void>;
  /** Removes what nobody can ask for any more. */
  tidy(scope: RunScope): Promise<void>;
}

/** Work on a run that this tracker is doing now: preparing it, or ending it. */
interface Task {
  readonly abort: AbortController;
  done: Promise<void>;
}

/** Owns every run that has not ended: prepares it, follows it, ends it, and adopts what another tracker has left. */
export class RunSupervisor {
  readonly #context: TrackerContext;
  readonly #scopes: RunScopes;
  readonly #services: RunServices;
  readonly #preparer: RunPreparer;
  readonly #tidy: SupervisorOptions['tidy'];
  readonly #preparing = new Map<string, Task>();
  readonly #finishing = new Map<string, Promise<void>>();
  readonly #followers = new Map<string, RunFollower>();
  readonly #endings = new Map<string, Promise<void>>();
  readonly #system = new SystemMetrics();
  readonly #limits = new TimeLimits();
  readonly #limitReached: SupervisorOptions['limitReached'];
  #timer: NodeJS.Timeout | undefined;
  #daily: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#context = options.context;
    this.#scopes = options.scopes;
    this.#services = options.services;
    this.#preparer = options.preparer;
    this.#tidy = options.tidy;
    this.#limitReached = options.limitReached;
  }

  get activeRuns(): number {
    return this.#preparing.size + this.#followers.size + this.#finishing.size;
  }

  followers(): Iterable<RunFollower> {
    return this.#followers.values();
  }

  /** Looks at every run that has not ended, in every workspace: goes on with it, or says how it ended. */
  start(): void {
    for (const scope of this.#scopes.all()) this.takeOver(scope);
    this.#timer = setInterval(() => void this.#check(), CHECK_MS);
    this.#timer.unref();
    this.#daily = setInterval(() => {
      for (const scope of this.#scopes.all()) if (scope.store.readOnly === undefined) void this.#tidy(scope);
    }, DAY_MS).unref();
  }

  /** The runs of one workspace, whose database has just been opened or put in place. */
  takeOver(scope: RunScope): void {
    // What cannot be written cannot be adopted; it stays as it is until it can.
    if (scope.store.readOnly !== undefined) return;
    for (const row of scope.queries.active()) this.adopt(scope, row);
    void this.#leftOverModels(scope);
    void this.#tidy(scope);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearInterval(this.#daily);
    this.#system.stop();
    this.#limits.stop();
    for (const task of this.#preparing.values())
      task.abort.abort(new Problem('unavailable', 'The tracker is leaving.'));
    await Promise.allSettled([...this.#preparing.values()].map((task) => task.done));
    await Promise.allSettled([...this.#followers.values()].map((follower) => follower.close()));
    await Promise.allSettled(this.#finishing.values());
  }

  adopt(scope: RunScope, row: RunRow): void {
    // Runs without a process of their own (children within a process, runs of clients) end with their parent or client.
    if (row.folder === null) return;
    if (row.state === 'running') this.#follow(scope, row.id);
    else this.prepare(scope, row.id);
  }

  /** Begins, or begins again, what brings a run from `queued` to `running`. */
  prepare(scope: RunScope, run: string): void {
    if (this.#preparing.has(run)) return;
    const abort = new AbortController();
    const done = this.#prepare(scope, run, abort.signal)
      .catch((error: unknown) => this.#context.log.error({ run, err: error }, 'a run could not be prepared'))
      .finally(() => this.#preparing.delete(run));
    this.#preparing.set(run, { abort, done });
  }

  /** Aborts the preparation of a run and waits until nothing of it goes on; false where none is under way. */
  async abortPreparing(run: string, reason: Problem): Promise<boolean> {
    const task = this.#preparing.get(run);
    if (task === undefined) return false;
    task.abort.abort(reason);
    await task.done;
    return true;
  }

  /** Resolves once nothing is done about the run any more: it has ended, or the tracker leaves. */
  async settled(run: string): Promise<void> {
    while (!this.#stopped) {
      const busy = this.#preparing.get(run)?.done ?? this.#finishing.get(run);
      if (busy !== undefined) await busy.catch(() => undefined);
      else if (this.#followers.has(run)) await sleep(50);
      else return;
    }
  }

  /** Ends the processes of a run; its end is then found like any other. */
  end(scope: RunScope, run: string, graceMs: number): void {
    const directory = runDirectory(scope, run);
    const known = this.#system.known(run);
    // Asked a second time, with less patience perhaps, both go on: whatever is gone is gone.
    const done = Promise.all([this.#endings.get(run), endRunProcesses({ directory, run, graceMs, known })])
      .then(() => undefined)
      .catch((error: unknown) =>
        this.#context.log.error({ run, err: error }, 'the processes of a run could not be ended'),
      )
      .finally(() => {
        if (this.#endings.get(run) === done) this.#endings.delete(run);
        void this.#followers.get(run)?.check();
      });
    this.#endings.set(run, done);
  }

  /** Stops following a run that is about to be removed. */
  async forget(run: string): Promise<void> {
    const follower = this.#followers.get(run);
    this.#followers.delete(run);
    await follower?.close();
  }

  async #prepare(scope: RunScope, run: string, signal: AbortSignal): Promise<void> {
    try {
      if (!(await this.#wasLaunched(scope, run))) await this.#preparer.prepare(scope, run, signal);
      // The tracker that launched it was killed before it came to this.
      else await removePending(runDirectory(scope, run));
    } catch (error) {
      // Somebody may have cancelled the snapshot or the environment, and with it the run that waits for it.
      const cancelled = signal.aborted || (error instanceof Problem && error.code === 'cancelled');
      // The next tracker goes on where this one left.
      if (!this.#stopped) await this.#couldNotStart(scope, run, error, cancelled);
      return;
    }
    // It runs now. Whatever fails from here on (a full disk) is no reason to call it anything else, or to touch its files.
    await this.#markRunning(scope, run);
    this.#follow(scope, run);
    void captureInterpreter(scope, run).catch((error: unknown) =>
      this.#context.log.warn({ run, err: error }, 'the interpreter of a run could not be examined'),
    );
  }

  async #markRunning(scope: RunScope, run: string): Promise<void> {
    const change = { state: 'running', activity: null, startedAt: Date.now() } as const;
    while (!this.#stopped) {
      try {
        await scope.store.writer.write(() => scope.repository.advance(run, ['queued', 'preparing'], change));
        scope.notices.changed(run);
        return;
      } catch (error) {
        this.#context.log.error({ run, err: error }, 'the start of a run could not be written; it will be tried again');
        await sleep(CHECK_MS);
      }
    }
  }

  /** Whether a tracker before this one has started the wrapper, so that it must not be started again. */
  async #wasLaunched(scope: RunScope, run: string): Promise<boolean> {
    const { launchedAt, launchedBoot } = scope.queries.stored(run);
    if (launchedAt === undefined) return false;
    const directory = runDirectory(scope, run);
    const has = (name: string) => existsSync(path.join(directory, name));
    if (launchedBoot !== bootId()) {
      if (has(RUN_FILES.wrapper) || has(RUN_FILES.exit)) return true;
      // The machine went down between a wrapper's claim and its record: nobody holds the run any more.
      rmSync(path.join(directory, RUN_FILES.claim), { recursive: true, force: true });
      return false;
    }
    const started = () => has(RUN_FILES.claim) || has(RUN_FILES.wrapper) || has(RUN_FILES.exit);
    const deadline = Math.min(launchedAt, Date.now()) + WRAPPER_START_MS;
    while (!started()) {
      if (Date.now() > deadline) return false;
      await sleep(50);
    }
    return true;
  }

  async #couldNotStart(scope: RunScope, run: string, error: unknown, aborted: boolean): Promise<void> {
    const superseded = scope.queries.stored(run).ending === 'superseded';
    const end: RunEnd = aborted
      ? {
          reason: superseded ? 'superseded' : 'cancelled',
          message: superseded ? 'superseded by a newer run' : 'cancelled before it started',
        }
      : { reason: 'could-not-start', message: explain(error) };
    const row = scope.queries.find(run);
    await removePrepared(runDirectory(scope, run));
    await scope.store.writer.write(() =>
      scope.repository.end(run, aborted ? 'cancelled' : 'failed', end, Date.now(), 'tracker'),
    );
    announceEnd(scope, run, row?.parent ?? null);
  }

  #follow(scope: RunScope, run: string): void {
    if (this.#stopped || this.#followers.has(run)) return;
    const onEnd = (exit: FoundExit | undefined): void => this.#finish(scope, run, exit);
    const onProcess = (startedAt: number): void => this.#watch(scope, run, startedAt);
    // With many runs each is looked at less often, so that all together cost no more.
    const interval = (): number => LOOK_MS * Math.max(1, this.#followers.size / 10);
    this.#followers.set(run, new RunFollower({ scope, run, log: this.#context.log, interval, onEnd, onProcess }));
    // A tracker before this one was asked to end it and did not come to it.
    if (scope.queries.stored(run).ending !== undefined) this.end(scope, run, DEFAULT_GRACE_MS);
  }

  /** From the start of its command on: what it uses, and whether it comes to its limits. */
  #watch(scope: RunScope, run: string, startedAt: number): void {
    const resources = scope.queries.stored(run).configuration?.resources;
    const end = (reason: 'time-limit' | 'memory-limit') => () => {
      this.#limitReached(scope, run, reason).catch((error: unknown) =>
        this.#context.log.error({ run, reason, err: error }, 'a run could not be ended at its limit'),
      );
    };
    const bytes = resources?.memory === undefined ? undefined : parseMemory(resources.memory);
    this.#system.add(scope, run, startedAt, bytes === undefined ? undefined : { bytes, reached: end('memory-limit') });
    const time = resources?.time === undefined ? undefined : parseTime(resources.time);
    if (time !== undefined) this.#limits.add(run, startedAt, time, end('time-limit'));
  }

  #finish(scope: RunScope, run: string, exit: FoundExit | undefined): void {
    const { log } = this.#context;
    this.#system.remove(run);
    this.#limits.remove(run);
    // A cancelled run has ended only when the last of its processes has.
    const done = Promise.resolve(this.#endings.get(run))
      .then(() => finishRun({ scope, run, exit, services: this.#services, log }))
      .catch((error: unknown) => {
        log.error({ run, err: error }, 'a run could not be ended; it will be tried again');
        if (!this.#stopped) setTimeout(() => this.#retryFinish(scope, run), CHECK_MS).unref();
      })
      .finally(() => {
        this.#followers.delete(run);
        this.#finishing.delete(run);
      });
    this.#finishing.set(run, done);
  }

  /** For instance after a full disk: following it again finds the same end. */
  #retryFinish(scope: RunScope, run: string): void {
    if (scope.queries.find(run)?.state === 'running') this.#follow(scope, run);
  }

  async #check(): Promise<void> {
    for (const follower of this.#followers.values()) await follower.check();
  }

  async #leftOverModels(scope: RunScope): Promise<void> {
    for (const run of scope.records.runsWithModels()) {
      if (scope.queries.find(run)?.state === 'running') continue;
      await registerModels({ scope, run, services: this.#services, log: this.#context.log }).catch(() => undefined);
    }
  }
}

/** The words of a failure with its way out and its last lines, since nobody sees the error itself any more. */
function explain(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  return [error.message, error.hint, ...(error.details ?? [])].filter(Boolean).join('\n');
}
