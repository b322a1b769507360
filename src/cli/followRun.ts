import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackerClient } from '../client/trackerClient.ts';
import { Problem } from '../shared/api/error.ts';
import type { RunDetail } from '../shared/domain/run.ts';
import { isActive } from '../shared/runState.ts';
import { EXIT } from './command.ts';
import type { Output } from './output.ts';
import { stateText } from './runText.ts';

export interface FollowOptions {
  readonly client: TrackerClient;
  readonly workspace: string;
  readonly run: string;
  readonly out: Output;
  readonly signal: AbortSignal;
  /** False: only what comes from now on. */
  readonly fromStart: boolean;
}

const CHUNK = 4 * 1024 * 1024;

/**
 * Prints the log of a run as it grows until the run has ended; a tracker that is replaced or restarted meanwhile is
 * waited for. With `--json` the log goes to stderr, and the run as it ended to stdout.
 *
 * @returns the run's own exit code; 1 when it ended badly without one; 130 at Ctrl-C, the run going on
 */
export async function followRun(options: FollowOptions): Promise<number> {
  const { run, out, signal } = options;
  const log = new LogReader(options);
  if (!options.fromStart) await log.skip();
  while (!signal.aborted) {
    const ended = await followOnce(options, log).catch(async (error: unknown) => {
      const isGone = error instanceof Problem && error.code !== 'unreachable';
      if (isGone || signal.aborted) throw error;
      await sleep(250);
      return undefined;
    });
    if (ended !== undefined) {
      if (out.isJson) out.result(ended, () => '');
      else out.note(`${ended.name}: ${stateText(ended)}`);
      return exitCodeOf(ended);
    }
  }
  out.note(`\nThe run goes on. Follow it: trainyard logs ${run} -f · end it: trainyard cancel ${run}`);
  return EXIT.interrupted;
}

/** One life of the event stream. Undefined when the stream ended before the run did. */
async function followOnce(options: FollowOptions, log: LogReader): Promise<RunDetail | undefined> {
  const { client, workspace, run, signal } = options;
  const stop = new AbortController();
  let ended: RunDetail | undefined;
  let working: Promise<void> = Promise.resolve();
  let failure: unknown;
  const look = async () => {
    // State before log: a run that had ended then has all its log now.
    const detail = await client.call('runs.get', { params: { workspace, run } });
    await log.readOn();
    if (isActive(detail.state)) return;
    ended = detail;
    stop.abort();
  };
  const next = (step: () => Promise<void>) => {
    working = working.then(step).catch((error: unknown) => {
      failure ??= error;
      stop.abort();
    });
  };
  try {
    await client.events(
      (event) => {
        if (event.type === 'hello') next(look);
        else if (event.type === 'log' && event.run === run) next(() => log.readOn());
        else if (event.type === 'run' && event.run.id === run && !isActive(event.run.state)) next(look);
        else if (event.type === 'run-removed' && event.run === run) next(look);
      },
      AbortSignal.any([signal, stop.signal]),
    );
  } catch (error) {
    if (!stop.signal.aborted && !signal.aborted) failure ??= error;
  }
  await working;
  if (failure !== undefined && !signal.aborted) throw failure;
  return ended;
}

class LogReader {
  readonly #options: FollowOptions;
  #offset = 0;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  async skip(): Promise<void> {
    const { client, workspace, run } = this.#options;
    const response = await client.bytes('runs.log', { params: { workspace, run }, query: { limit: 0 } });
    this.#offset = Number(response.headers.get('x-log-size') ?? 0);
    await response.body?.cancel();
  }

  /** Prints what is there beyond what was printed. */
  async readOn(): Promise<void> {
    const { client, workspace, run, out } = this.#options;
    for (;;) {
      const query = { offset: this.#offset, limit: CHUNK };
      const response = await client.bytes('runs.log', { params: { workspace, run }, query });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length === 0) return;
      this.#offset += bytes.length;
      if (out.isJson) process.stderr.write(bytes);
      else await out.bytes(bytes);
    }
  }
}

function exitCodeOf(run: RunDetail): number {
  if (run.state === 'finished') return EXIT.ok;
  const code = run.end?.exitCode;
  return code === undefined || code === 0 ? EXIT.failed : code;
}
