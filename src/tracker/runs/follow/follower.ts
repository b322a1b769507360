import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Logger } from '../../lifecycle/log.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import type { Applied } from './applyRecords.ts';
import { RunIngest } from './ingest.ts';
import { type FoundExit, isLiving, logSize, readExit, readProcessRecord } from './runFolder.ts';
import { type FolderWatch, watchFolders } from './watchFolders.ts';
import { watchOutputs } from './watchOutputs.ts';

/** Between a look that found nothing new and the next: what it was woken for is just coming. */
const SOON_MS = 10;
/** A run without exit record and without processes is looked at this often before it counts as lost. */
const LOOKS_BEFORE_LOST = 3;

export interface FollowerOptions {
  readonly scope: RunScope;
  readonly run: string;
  readonly log: Logger;
  /** At least this many milliseconds between a look that found something and the next, however fast the files grow. */
  readonly interval: () => number;
  /** Called once: the run has ended, everything it wrote before is taken in. Undefined where no one recorded how. */
  readonly onEnd: (exit: FoundExit | undefined) => void;
  /** Called once the command's own process is known. */
  readonly onProcess: (startedAt: number) => void;
}

/**
 * Follows the files of one active run: woken by the file system, and by `look` now and then, because watchers can miss.
 */
export class RunFollower {
  readonly scope: RunScope;
  readonly run: string;
  readonly #directory: string;
  readonly #ingest: RunIngest;
  readonly #log: Logger;
  readonly #interval: () => number;
  readonly #onEnd: FollowerOptions['onEnd'];
  readonly #onProcess: FollowerOptions['onProcess'];
  readonly #watches: readonly FolderWatch[];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  /** Milliseconds since the epoch: no look before. */
  #notBefore = 0;
  #logBytes = 0;
  #sawChild = false;
  #missing = 0;
  #ended = false;

  constructor({ scope, run, log, interval, onEnd, onProcess }: FollowerOptions) {
    this.scope = scope;
    this.run = run;
    this.#log = log;
    this.#interval = interval;
    this.#onEnd = onEnd;
    this.#onProcess = onProcess;
    this.#directory = runDirectory(scope, run);
    this.#ingest = new RunIngest(scope, run, log);
    // Out of watches, for instance: the regular looks still find everything, only later.
    const onError = (error: unknown) => log.warn({ run, err: error }, 'a run cannot be watched, only looked at');
    const { metrics, outputs } = RUN_FILES;
    this.#watches = [
      watchFolders([this.#directory, path.join(this.#directory, metrics)], () => this.wake(), onError),
      watchOutputs(path.join(this.#directory, outputs), () => scope.notices.outputs(run), onError),
    ];
    this.wake();
  }

  get logBytes(): number {
    return this.#logBytes;
  }

  /** Something may have changed. */
  wake(): void {
    if (this.#ended) return;
    if (this.#looking) this.#again = true;
    else this.#timer ??= setTimeout(() => this.#start(), Math.max(0, this.#notBefore - Date.now()));
  }

  /** The safety net: files, and whether the processes live. */
  async check(): Promise<void> {
    if (this.#ended) return;
    const living = await isLiving(this.#directory);
    this.#missing = living ? 0 : this.#missing + 1;
    this.wake();
  }

  /** Stops following; the run goes on. What is being committed is waited for. */
  async close(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    await this.#looking;
  }

  #unwatch(): void {
    for (const watch of this.#watches) watch.close();
  }

  #start(): void {
    this.#timer = undefined;
    const from = Date.now();
    this.#looking = this.#look()
      .then((found) => {
        // What grows is looked at once more, so that a change which nobody told of is not left lying.
        this.#again ||= found;
        this.#notBefore = from + (found ? this.#interval() : SOON_MS);
      })
      .catch((error: unknown) => {
        this.#notBefore = from + this.#interval();
        this.#log.error({ run: this.run, err: error }, 'a run cannot be followed for now');
      })
      .finally(() => {
        this.#looking = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.wake();
      });
  }

  /** Resolves with whether there was anything new. */
  async #look(): Promise<boolean> {
    // Read before the rest: what the run wrote before its end is then surely seen below.
    const exit = readExit(this.#directory);
    let found = this.#noticeLog();
    await this.#noticeChild();
    await this.#ingest.pump((change) => {
      found = true;
      this.#announce(change);
    });
    if (this.#ended || (exit === undefined && this.#missing < LOOKS_BEFORE_LOST)) return found;
    this.#ended = true;
    this.#noticeLog();
    this.#unwatch();
    this.#onEnd(exit);
    return found;
  }

  #noticeLog(): boolean {
    const bytes = logSize(this.#directory);
    if (bytes === this.#logBytes) return false;
    this.#logBytes = bytes;
    this.scope.notices.log(this.run, () => this.logBytes);
    return true;
  }

  /** The command's own process and start, as the wrapper recorded them. */
  async #noticeChild(): Promise<void> {
    if (this.#sawChild) return;
    const child = readProcessRecord(this.#directory, 'child');
    if (child === undefined) return;
    this.#sawChild = true;
    const { pid, timeMs } = child;
    this.#onProcess(timeMs);
    const { scope, run } = this;
    if (scope.queries.stored(run).pid === pid) return;
    await scope.store.writer.write(() => scope.repository.change(run, { startedAt: timeMs, detail: { pid } }));
    scope.notices.changed(run);
  }

  #announce(change: Applied): void {
    const { notices } = this.scope;
    for (const [run, keys] of change.metrics) notices.metrics(run, keys);
    for (const run of change.runs) notices.changed(run);
    for (const [run, keys] of change.media) for (const key of keys) notices.media(run, key);
    if (change.outputs) notices.outputs(this.run);
  }
}
