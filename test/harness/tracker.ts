import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrackerClient } from '../../src/client/trackerClient.ts';
import type { TrackerEvent } from '../../src/shared/api/events.ts';
import type { Discovery } from '../../src/shared/discovery.ts';
import { temporaryHome } from './home.ts';
import { root } from './paths.ts';
import { endProcess } from './processes.ts';

export interface TrackerOptions {
  /** A home that exists already; it is then the caller's to remove. Default: one of its own, removed in the end. */
  readonly home?: string;
  /** Variables beside the inherited ones; a value of undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly args?: readonly string[];
  /** The program to run; default the tracker's source. */
  readonly program?: string;
  /** What Node is told before the program. */
  readonly nodeArgs?: readonly string[];
}

/** A real tracker, run from its source as a child process in a home of its own. */
export interface TestTracker extends AsyncDisposable {
  readonly client: TrackerClient;
  readonly home: string;
  readonly pid: number;
  readonly discovery: Discovery;
  /** The tracker's log so far: one JSON object a line. */
  log(): string;
  /** Ends it in good order (SIGTERM); the home stays until it is disposed. */
  stop(): Promise<void>;
  /** SIGKILL: what a crash leaves behind stays. */
  kill(): Promise<void>;
  /** Starts it again in the same home; the client is pointed at it. */
  restart(options?: Pick<TrackerOptions, 'env' | 'args'>): Promise<void>;
}

/**
 * Starts a tracker for a test.
 *
 * ```
 * await using tracker = await startTracker();
 * const { workspaces } = await tracker.client.call('workspaces.list', {});
 * ```
 */
export async function startTracker(options: TrackerOptions = {}): Promise<TestTracker> {
  const own = options.home === undefined ? temporaryHome() : undefined;
  const home = options.home ?? own?.path ?? '';
  let running: Running;
  try {
    running = await launch(home, options);
  } catch (error) {
    await own?.dispose();
    throw error;
  }
  const client = new TrackerClient(running.discovery);
  const stop = () => running.end('SIGTERM');
  return {
    client,
    home,
    get pid() {
      return running.discovery.pid;
    },
    get discovery() {
      return running.discovery;
    },
    log: () => running.output(),
    stop,
    kill: () => running.end('SIGKILL'),
    restart: async (again = {}) => {
      await stop();
      running = await launch(home, { ...options, ...again });
      client.endpoint = running.discovery;
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await own?.dispose();
    },
  };
}

/** Collects events until `wanted` is true for one, which it returns with those before it. */
export async function eventsUntil(
  client: TrackerClient,
  wanted: (event: TrackerEvent) => boolean,
  act?: () => Promise<unknown>,
): Promise<TrackerEvent[]> {
  const seen: TrackerEvent[] = [];
  const abort = new AbortController();
  const found = Promise.withResolvers<void>();
  const stream = client.events((event) => {
    seen.push(event);
    if (event.type === 'hello') act?.().catch(found.reject);
    if (wanted(event)) found.resolve();
  }, abort.signal);
  stream.then(
    () => found.reject(new Error(`The event stream ended; seen: ${JSON.stringify(seen)}`)),
    (error: unknown) => found.reject(error),
  );
  try {
    await found.promise;
  } finally {
    abort.abort();
    await stream.catch(() => undefined);
  }
  return seen;
}

interface Running {
  readonly discovery: Discovery;
  output(): string;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

async function launch(home: string, options: TrackerOptions): Promise<Running> {
  const program = options.program ?? path.join(root, 'src', 'tracker', 'main.ts');
  const child = spawn(
    process.execPath,
    [...(options.nodeArgs ?? []), program, '--home', home, '--foreground', ...(options.args ?? [])],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...options.env },
    },
  );
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const discovery = await awaitDiscovery(home, child, () => output);
  // Answered only when every part has started: until then a test would race with the start.
  await new TrackerClient(discovery).call('tracker.info', {});
  return {
    discovery,
    output: () => output,
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      if (signal === 'SIGKILL') child.kill('SIGKILL');
      else if (child.pid !== undefined) await endProcess(child.pid, 10_000);
      await gone;
    },
  };
}

/** @throws Error with what the tracker said when it ends instead of listening. */
async function awaitDiscovery(home: string, child: ChildProcess, output: () => string): Promise<Discovery> {
  const file = path.join(home, 'tracker.json');
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      await sleep(50);
      throw new Error(`The tracker ended (${child.exitCode ?? child.signalCode}) instead of listening:\n${output()}`);
    }
    if (existsSync(file)) {
      const discovery = JSON.parse(readFileSync(file, 'utf8')) as Discovery;
      if (discovery.pid === child.pid) return discovery;
    }
    await sleep(10);
  }
}
