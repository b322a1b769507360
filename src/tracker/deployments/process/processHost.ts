import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceFile, ServiceState } from '../../../scoring/serviceFile.ts';
import { readMetrics } from '../../../scoring/serviceMetrics.ts';
import { Problem } from '../../../shared/api/error.ts';
import { programFile } from '../../../shared/programFiles.ts';
import { type ProcessRecord, parseProcessRecord } from '../../../shared/runDirectory.ts';
import { limitedNode, neededEnvironment } from '../../childProcess/limits.ts';
import { readOptional, writePrivateFile } from '../../lifecycle/privateFile.ts';
import { isAlive, readProcess } from '../../runs/wrapper/processIdentity.ts';
import { answersPing, type HostState, type HostUsage, type ServiceHost, type ServiceSpec } from '../serviceHost.ts';
import { tailOfFile } from '../tail.ts';

const WATCH_MS = 2000;
const STOP_MS = 12_000;

/** Where a service lives; all that is needed to end it. */
type Place = Pick<ServiceSpec, 'id' | 'folder'>;

interface Watched {
  readonly child: ChildProcess | undefined;
  readonly timer: NodeJS.Timeout;
}

/**
 * Runs services as processes of this machine, detached: they outlive the tracker, and the next one finds them by the
 * identity in their folder. It has no engine to restart a service; the deployments' supervisor does that.
 */
export class ProcessHost implements ServiceHost {
  readonly kind = 'process';
  readonly restartsByItself = false;
  readonly #program: string;
  readonly #listeners = new Set<(id?: string) => void>();
  readonly #watched = new Map<string, Watched>();

  /** @param program what a service answers to `/version` */
  constructor(program: string) {
    this.#program = program;
  }

  async prepare(): Promise<undefined> {
    return undefined;
  }

  async start(spec: ServiceSpec, port: number): Promise<void> {
    if (await this.#alive(spec)) return;
    const files = filesOf(spec);
    fs.mkdirSync(spec.folder, { recursive: true, mode: 0o700 });
    for (const file of [files.state, files.process]) fs.rmSync(file, { force: true });
    writePrivateFile(files.service, JSON.stringify(describeService(spec, port, this.#program)));
    const child = launch(spec);
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.pid === undefined) throw new Problem('failed', 'The service could not be started.');
    const identity = await readProcess(child.pid);
    if (identity) {
      const record: ProcessRecord = { v: 1, ...identity, timeMs: Date.now() };
      writePrivateFile(files.process, JSON.stringify(record));
    }
    this.#watch(spec, child);
    await Promise.race([exited, untilStateFile(files.state)]);
    const state = readState(spec);
    if (state?.problem === 'port-in-use') {
      await exited;
      await this.remove(spec);
      throw new Problem('port-in-use', `Port ${port} is taken by another program.`);
    }
  }

  async stop(spec: Place): Promise<void> {
    this.#unwatch(spec.id);
    const record = readRecord(spec);
    if (!record || !(await isAlive(record))) return;
    signal(record.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_MS;
    while (await isAlive(record)) {
      if (Date.now() > deadline) signal(record.pid, 'SIGKILL');
      await sleep(25);
    }
  }

  async remove(spec: Place): Promise<void> {
    await this.stop(spec);
    fs.rmSync(spec.folder, { recursive: true, force: true });
  }

  async look(spec: ServiceSpec, port: number | undefined): Promise<HostState> {
    if (!(await this.#alive(spec))) return this.#ended(spec);
    // One that an earlier tracker started is watched from now on.
    if (!this.#watched.has(spec.id)) this.#watch(spec, undefined);
    const { state } = readState(spec) ?? {};
    if (state === 'loading' || state === undefined) return { state: 'starting', message: 'Loading the model.' };
    if (state === 'draining') return { state: 'stopped', message: 'Stopping.' };
    if (port !== undefined && (await answersPing(port))) return { state: 'healthy' };
    return { state: 'unhealthy', message: `Nothing answers on port ${port}.` };
  }

  async log(spec: ServiceSpec, lines: number): Promise<Buffer> {
    return tailOfFile(filesOf(spec).log, lines);
  }

  async usage(spec: ServiceSpec): Promise<HostUsage> {
    const port = readState(spec)?.port;
    if (port === undefined) return {};
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(3000) });
    const { cpuSeconds, residentBytes } = readMetrics(await response.text());
    return { cpuSeconds, memory: residentBytes };
  }

  follow(listener: (id?: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const id of [...this.#watched.keys()]) this.#unwatch(id);
    this.#listeners.clear();
  }

  async #alive(spec: ServiceSpec): Promise<boolean> {
    const record = readRecord(spec);
    return record !== undefined && (await isAlive(record));
  }

  async #ended(spec: ServiceSpec): Promise<HostState> {
    this.#unwatch(spec.id);
    const record = readRecord(spec);
    if (!record) return { state: 'stopped' };
    const { state, message } = readState(spec) ?? {};
    if (state === 'draining') return { state: 'stopped' };
    if (message !== undefined) return { state: 'failed', message };
    const last = (await tailOfFile(filesOf(spec).log, 8)).toString('utf8');
    return { state: 'failed', message: explainEnd(last, spec.limits.memory) };
  }

  /** Its end is told at once while it is our child; one that was adopted is looked at now and then. */
  #watch(spec: ServiceSpec, child: ChildProcess | undefined): void {
    this.#unwatch(spec.id);
    const tell = () => {
      for (const listener of this.#listeners) listener(spec.id);
    };
    const timer = setInterval(() => {
      // A hung service is seen by its health, so the supervisor looks even while the process lives.
      tell();
    }, WATCH_MS).unref();
    child?.once('exit', tell);
    this.#watched.set(spec.id, { child, timer });
  }

  #unwatch(id: string): void {
    clearInterval(this.#watched.get(id)?.timer);
    this.#watched.delete(id);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}

function filesOf(spec: Place) {
  const at = (name: string) => path.join(spec.folder, name);
  return { service: at('service.json'), state: at('state.json'), process: at('process.json'), log: at('service.log') };
}

/** What the scoring program is told. */
export function describeService(spec: ServiceSpec, port: number, program: string): ServiceFile {
  const files = filesOf(spec);
  return {
    model: spec.model,
    version: String(spec.version),
    file: path.join(spec.modelFolder, ...spec.entry.split('/')),
    host: '127.0.0.1',
    port,
    program,
    stateFile: files.state,
    logFile: files.log,
    ...(spec.limits.cpus === undefined ? {} : { threads: Math.max(1, Math.ceil(spec.limits.cpus)) }),
  };
}

function launch(spec: ServiceSpec): ChildProcess {
  const files = filesOf(spec);
  const { file, args } = limitedNode(programFile('scoring/server'), [files.service], { memory: spec.limits.memory });
  const log = fs.openSync(files.log, 'a', 0o600);
  try {
    const child = spawn(file, args, {
      cwd: spec.folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: neededEnvironment(),
      windowsHide: true,
    });
    // A failure to start shows as an exit without a state file.
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    fs.closeSync(log);
  }
}

async function untilStateFile(file: string): Promise<void> {
  for (let waited = 0; waited < 30_000 && !fs.existsSync(file); waited += 20) await sleep(20);
}

function readRecord(spec: Place): ProcessRecord | undefined {
  const text = readOptional(filesOf(spec).process);
  const parsed = text === undefined ? undefined : parseProcessRecord(text, 'process.json');
  return parsed && 'value' in parsed ? parsed.value : undefined;
}

function readState(spec: ServiceSpec): ServiceState | undefined {
  const text = readOptional(filesOf(spec).state);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as ServiceState);
  } catch {
    return undefined;
  }
}

/** Why it ended, by its last words; of a process that was not our child no more can be known. */
export function explainEnd(lastWords: string, memory: number | undefined): string {
  if (/out of memory|bad_alloc|Cannot allocate|heap limit/i.test(lastWords)) {
    const limit = memory === undefined ? '' : ` (its limit is ${Math.round(memory / 1_048_576)} MB)`;
    return `The service ran out of memory${limit}.`;
  }
  const last = lastWords
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .at(-1);
  return last ? `The service ended: ${last.slice(0, 300)}` : 'The service ended; how is not known.';
}
