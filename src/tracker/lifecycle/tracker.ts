import { flushCompileCache } from 'node:module';
import path from 'node:path';
import { PROTOCOL } from '../../shared/homeFiles.ts';
import { ownVersion } from '../../shared/ownVersion.ts';
import { programFile } from '../../shared/programFiles.ts';
import { ActivityBoard } from '../activities/activityBoard.ts';
import { drainable } from '../api/drain.ts';
import { EventHub } from '../api/eventHub.ts';
import { EventStreams } from '../api/eventStream.ts';
import type { Relations } from '../api/guard.ts';
import type { Handlers } from '../api/handlers.ts';
import { type Answer, createApiServer } from '../api/server.ts';
import type { TrackerContext } from '../context.ts';
import { readProcess } from '../runs/wrapper/processIdentity.ts';
import type { Db } from '../store/database.ts';
import { FullDisk } from '../store/fullDisk.ts';
import { Writer } from '../store/writer.ts';
import { BackupSchedule } from '../workspaces/backupSchedule.ts';
import { getSetting, setSetting } from '../workspaces/homeDatabase.ts';
import { WorkspaceRegistry } from '../workspaces/registry.ts';
import { isInTree } from '../workspaces/runTree.ts';
import { listenOnLoopback, readAddress, writeAddress } from './address.ts';
import type { TrackerArguments } from './arguments.ts';
import { announce, withdraw, writeRevival } from './discovery.ts';
import { refuseRemoteHome } from './filesystem.ts';
import { createHome } from './home.ts';
import { homeBackups, lockHome } from './homeLock.ts';
import { watchHome } from './homeWatch.ts';
import { IdleWatch } from './idle.ts';
import { createLogger, type Logger } from './log.ts';
import { Tokens } from './tokens.ts';

/** A part as the life of the tracker sees it. */
export interface AnyPart {
  readonly handlers: Partial<Handlers>;
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
  busy?(): string | undefined;
}

export interface Composition {
  readonly registry: WorkspaceRegistry;
  readonly streams: EventStreams;
  readonly startedAt: number;
  readonly leave: (why: string) => void;
}

/** Makes the parts of the tracker and lays their handlers together. */
export type Compose = (
  context: TrackerContext,
  composition: Composition,
) => { readonly parts: readonly AnyPart[]; readonly handlers: Handlers };

/** Setting of home.db that is left standing when the tracker ends without order. */
const RUNNING = 'running';

/** How long what is being answered may take when the tracker leaves. */
const DRAIN_MS = 3000;

/**
 * The life of a tracker: take the home's lock, listen, announce, load and start the parts, and in the end leave in good
 * order. Requests that come before the parts have started wait for them. Resolves once they have.
 *
 * @param load called once it listens
 * @throws Problem `already-running`, or one that says why it may not start.
 */
export async function runTracker(args: TrackerArguments, load: () => Promise<Compose>): Promise<void> {
  const startedAt = Date.now();
  const version = ownVersion();
  refuseRemoteHome(args.home);
  const home = createHome(args.home);
  const log = createLogger(args.foreground ? undefined : path.join(home.logs, 'tracker.log'));
  const { db: homeDb, repaired } = lockHome(home);
  const kept = readAddress(home.addressFile);
  const tokens = new Tokens(kept.key);
  const events = new EventHub();
  const fullDisk = new FullDisk(home.root, events, log);
  const homeWriter = new Writer(homeDb, { onFailure: fullDisk.notice });
  const registry = new WorkspaceRegistry({ home, db: homeDb, writer: homeWriter, events, log, fullDisk });
  let port = 0;
  const address = () => `http://127.0.0.1:${port}`;
  const activities = new ActivityBoard(events, path.join(home.logs, 'activities'));
  const context: TrackerContext = { version, home, log, events, workspaces: registry, activities, tokens, address };
  const streams = new EventStreams(events, () => ({ type: 'hello', version, startedAt }));
  let parts: readonly AnyPart[] = [];
  const idle = new IdleWatch({
    idleSeconds: args.idleSeconds,
    busy: () => parts.map((part) => part.busy?.()).find((reason) => reason !== undefined),
    leave: () => leave('nobody needs it'),
  });

  const ready = Promise.withResolvers<Answer>();
  const server = createApiServer({
    tokens,
    log,
    port: () => port,
    ready: ready.promise,
    onActivity: idle.use,
  });

  const drain = drainable(server);
  let backups: BackupSchedule | undefined;
  let leaving = false;
  function leave(why: string): void {
    if (leaving) return;
    leaving = true;
    log.info({ why }, 'the tracker leaves');
    // One turn later, so that the answer to the request that asked for it goes out first.
    // What is still starting is let finish: half a part cannot be stopped in order.
    setTimeout(() => void ready.promise.then(end).finally(() => process.exit(0)), 20);
  }
  async function end(): Promise<void> {
    idle.stop();
    stopWatchingHome();
    fullDisk.stop();
    streams.close();
    await drain(DRAIN_MS);
    for (const part of [...parts].reverse()) {
      await Promise.resolve(part.stop?.()).catch((error: unknown) => log.error({ err: error }, 'a part did not stop'));
    }
    backups?.stop();
    withdraw(home);
    registry.closeAll();
    setSetting(homeDb, RUNNING, 'no');
    homeWriter.close();
    homeDb.close();
  }

  const stopWatchingHome = watchHome(home, () => {
    // Nothing can be put in order any more, and nothing is left to lose.
    log.error('the home was removed or replaced; the tracker leaves');
    process.exit(1);
  });
  const listening = await listenOnLoopback(server, kept.port, args.port);
  port = listening.port;
  // Beyond Node's own start, loading our program included; the benchmark reads this line.
  const startMs = Math.round((performance.now() - performance.nodeTiming.bootstrapComplete) * 10) / 10;
  // A port that was asked for is kept as well: who revives this tracker does not know that it was asked for.
  if (port !== kept.port) fullDisk.withRoom(() => writeAddress(home.addressFile, { ...kept, port }));
  const identity = await readProcess(process.pid);
  const discovery = {
    port,
    address: address(),
    token: tokens.mint({ kind: 'client' }),
    pid: process.pid,
    process: identity ?? { pid: process.pid, start: '', boot: '' },
    version,
    protocol: PROTOCOL,
    build: programFile('tracker'),
    startedAt,
  };
  fullDisk.withRoom(() => announce(home, discovery));
  surviveRejections(log);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leave(signal));
  log.info({ port, version, home: home.root, startMs }, 'the tracker listens');
  if (listening.replaced !== undefined) {
    const message = `Port ${listening.replaced} was taken by another program; the tracker now listens on ${port}.`;
    log.warn(message);
    events.emit({ type: 'notice', level: 'warning', message, hint: 'Open new terminals for scripts that log to it.' });
  }

  const wasUnclean = getSetting(homeDb, RUNNING) === 'yes';
  fullDisk.withRoom(() => setSetting(homeDb, RUNNING, 'yes'));
  fullDisk.withRoom(() => writeRevival(home));
  fullDisk.prepare();
  if (repaired !== undefined) {
    log.error(repaired.message);
    events.emit(repaired);
    await registry.reconcile();
  }
  await registry.ensureOne();
  backups = scheduleBackups(context, registry, homeDb, wasUnclean, fullDisk);
  const [compose, { answerByRoutes }] = await Promise.all([load(), import('../api/answer.ts')]);
  const composed = compose(context, { registry, streams, startedAt, leave });
  ({ parts } = composed);
  for (const part of parts) {
    try {
      await part.start?.();
    } catch (error) {
      // One part that fails must not take the others with it; its routes will say what is wrong.
      log.error({ err: error }, 'a part did not start');
    }
  }
  const relations: Relations = {
    workspaceId: (id) => registry.resolve(id),
    isInTree: (workspace, run, ancestor) => isInTree(registry.open(workspace).db, run, ancestor),
  };
  ready.resolve(answerByRoutes({ handlers: composed.handlers, relations }));
  idle.start();
  // Written at a clean end otherwise, which a tracker may never have.
  setTimeout(flushCompileCache, 5000).unref();
}

function scheduleBackups(
  { home, events, log }: TrackerContext,
  registry: WorkspaceRegistry,
  homeDb: Db,
  checkAll: boolean,
  fullDisk: FullDisk,
): BackupSchedule {
  const databases = () => [
    { name: 'the home', db: homeDb, file: home.database, folder: homeBackups(home) },
    ...registry
      .all()
      .filter(({ readOnly }) => readOnly === undefined)
      .map(({ id, db, paths }) => ({ name: `workspace ${id}`, db, file: paths.database, folder: paths.backups })),
  ];
  const schedule = new BackupSchedule({ databases, checkAll, events, log, fullDisk });
  schedule.start();
  return schedule;
}

/** A promise that nobody waited for says so in the log; an exception that nobody caught ends the tracker, logged. */
function surviveRejections(log: Logger): void {
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'a promise was rejected unseen'));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the tracker dies of an error that nobody caught; the next client starts another');
    process.exit(1);
  });
}
