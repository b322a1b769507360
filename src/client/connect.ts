import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../shared/api/problem.ts';
import type { Discovery } from '../shared/discovery.ts';
import { PROTOCOL } from '../shared/homeFiles.ts';
import { ownVersion } from '../shared/ownVersion.ts';
import { compareVersions } from '../shared/version.ts';
import { defaultHome } from '../tracker/lifecycle/home.ts';
import { isAlive } from '../tracker/runs/wrapper/processIdentity.ts';
import { readDiscovery } from './discovery.ts';
import { startTracker } from './startTracker.ts';
import { TrackerClient } from './trackerClient.ts';

export interface ConnectOptions {
  /** Default: `TRAINYARD_HOME`, or `~/.trainyard`. */
  readonly home?: string | undefined;
  /** `never`: only a tracker that lives already will do. */
  readonly start?: 'if-needed' | 'never';
  /** Asked for by a person; only for a tracker that has to be started. */
  readonly port?: number | undefined;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly signal?: AbortSignal;
}

export interface Connection {
  readonly client: TrackerClient;
  readonly discovery: Discovery;
  /** True when the tracker was started for this. */
  readonly started: boolean;
  /** Something to tell the person, such as that the tracker is newer than this client. */
  readonly notice?: string;
}

/** Long, because a start that comes at last is better than an error; a tracker that dies is noticed at once. */
const PATIENCE_MS = 60_000;
const ANSWER_MS = 10_000;

/**
 * Finds the tracker of a home, starting one where none lives and replacing one that is older than this program. Any
 * number of processes may call this at once: one tracker comes of it.
 *
 * @throws Problem `unreachable` when none can be found or started, `conflict` when the one there speaks another protocol.
 */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const env = options.env ?? process.env;
  const home = options.home ?? defaultHome(env);
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    options.signal?.throwIfAborted();
    const found = await findLiving(home, deadline);
    if (found !== undefined) {
      const older = compareVersions(found.version, ownVersion()) < 0;
      if (!older || options.start === 'never') return { ...toConnection(found), started: false };
      await replace(found, deadline);
    } else if (options.start === 'never') {
      throw new Problem('unreachable', `No tracker runs in ${home}.`, { hint: 'Start one with `trainyard tracker`.' });
    }
    const started = await startTracker({ home, env, port: options.port, deadline });
    if (started !== undefined) return { ...toConnection(started), started: true };
    if (Date.now() > deadline) {
      throw new Problem('unreachable', 'Another process holds the Trainyard home, but no tracker answers.', {
        hint: 'Run `trainyard doctor`.',
      });
    }
    await sleep(20);
  }
}

/** The tracker that the discovery file names, if it is that very process and answers. */
async function findLiving(home: string, deadline: number): Promise<Discovery | undefined> {
  for (;;) {
    const discovery = readDiscovery(home);
    if (discovery === undefined || !(await isAlive(discovery.process))) return undefined;
    if (await answers(discovery)) return discovery;
    if (Date.now() > deadline) {
      throw new Problem('unreachable', `The tracker (process ${discovery.pid}) lives but does not answer.`, {
        hint: `End that process; the next command starts a new one. Runs are not affected.`,
      });
    }
    await sleep(50);
  }
}

async function answers(discovery: Discovery): Promise<boolean> {
  try {
    const info = await new TrackerClient(discovery).call(
      'tracker.info',
      {},
      { signal: AbortSignal.timeout(ANSWER_MS) },
    );
    return info.pid === discovery.pid;
  } catch {
    return false;
  }
}

/** Asks an older tracker to leave and waits until it has. */
async function replace(old: Discovery, deadline: number): Promise<void> {
  try {
    await new TrackerClient(old).call('tracker.handover', { body: { version: ownVersion() } });
  } catch (error) {
    // Another client was faster, or it died: what is there now is looked at again.
    if (!(error instanceof Problem)) throw error;
  }
  while (await isAlive(old.process)) {
    if (Date.now() > deadline) {
      throw new Problem('unreachable', `The tracker of version ${old.version} does not leave (process ${old.pid}).`, {
        hint: 'End that process and try again. Runs are not affected.',
      });
    }
    await sleep(10);
  }
}

function toConnection(discovery: Discovery): Pick<Connection, 'client' | 'discovery' | 'notice'> {
  const client = new TrackerClient(discovery);
  const newer = compareVersions(discovery.version, ownVersion()) > 0;
  if (newer && discovery.protocol !== PROTOCOL) {
    throw new Problem(
      'conflict',
      `The tracker is version ${discovery.version}, this is ${ownVersion()}: too old for it.`,
      {
        hint: 'Update this Trainyard.',
      },
    );
  }
  if (!newer) return { client, discovery };
  const notice = `The tracker is version ${discovery.version}, newer than this (${ownVersion()}); it is used as it is.`;
  return { client, discovery, notice };
}
