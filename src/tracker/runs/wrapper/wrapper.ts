/**
 * The run wrapper for Windows, which has no POSIX shell: `node wrapper.js RUNDIR COMMAND [ARGUMENT...]`. The same
 * contract as wrapper.sh (specification: src/shared/runDirectory.ts) and the same tests. Bundled into one file that
 * needs nothing but Node.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ExitReason,
  type ExitRecord,
  type ProcessRecord,
  parseRunSpec,
  RUN_FILES,
  type WrapperSettings,
} from '../../../shared/runDirectory.ts';
import { linuxBootId, readLinuxStat, readProcess } from './processIdentity.ts';
import { watchTracker } from './revive.ts';

interface Ending {
  reason: ExitReason;
  status: number;
  code: number | null;
  signal: string | null;
}

const [runDirectory, command, ...args] = process.argv.slice(2);
if (runDirectory === undefined || command === undefined) {
  process.stderr.write('Usage: wrapper RUNDIR COMMAND [ARGUMENT...]\n');
  process.exit(125);
}
process.chdir(runDirectory);
if (isClaimed()) process.exit(0);
// What is sent to the whole group is for the command; the wrapper stays to record its end.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', (error) => appendFileSync(RUN_FILES.wrapperLog, `${error.stack ?? error.message}\n`));
void main(command, args).then(() => process.exit(0));

/** Claims the run for this wrapper; true when another has it, which then runs the command. A full disk is no claim. */
function isClaimed(): boolean {
  try {
    mkdirSync(RUN_FILES.claim);
    return false;
  } catch {
    return existsSync(RUN_FILES.claim);
  }
}

async function main(command: string, args: string[]): Promise<void> {
  const oomBefore = readOomMachine();
  const began = process.hrtime.bigint();
  const ownRecord = recordProcess(RUN_FILES.wrapper, process.pid);
  const settings = readSettings();
  const watching = new AbortController();
  if (settings.home !== undefined) void watchTracker(settings.home, settings.pollSeconds ?? 5, watching.signal);
  const ending = await execute(command, args, settings.cwd);
  const oomAfter = readOomMachine();
  await ownRecord;
  await putStubbornly(ending.status, {
    v: 1,
    ...ending,
    endedMs: Date.now(),
    durationMs: Number((process.hrtime.bigint() - began) / 1_000_000n),
    // Node has no getrusage of its children; the tracker's samples have these figures.
    userMs: null,
    systemMs: null,
    peakKb: null,
    canceled: existsSync(RUN_FILES.cancel),
    oomCgroup: null,
    oomMachine: oomBefore === null || oomAfter === null ? null : Math.max(0, oomAfter - oomBefore),
  });
  watching.abort();
}

async function execute(command: string, args: string[], cwd: string): Promise<Ending> {
  if (existsSync(RUN_FILES.cancel)) return refuse('canceled', 130, 'Canceled before the command was started.');
  const env = takeEnvironment();
  if (!isDirectory(cwd)) return refuse('no-directory', 126, `The working directory ${cwd} cannot be entered.`);
  // Opened for append by one descriptor for both streams: order is kept, and a truncated log is never overwritten.
  const output = openSync(RUN_FILES.output, 'a');
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', output, output], windowsHide: true });
  const recorded = child.pid === undefined ? undefined : recordProcess(RUN_FILES.child, child.pid);
  try {
    await spawned(child);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT'
      ? refuse('not-found', 127, `Cannot start ${command}: no such program was found.`)
      : refuse('not-executable', 126, `Cannot start ${command}: it is there but cannot be executed (${code}).`);
  }
  const ended = exited(child);
  await recorded;
  return ended;
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

/** Windows' codes go up to 32 bits (0xC0000005 is an access violation) and are kept as they are. */
function exited(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      if (signal === null) resolve({ reason: 'exited', status: code ?? 1, code: code ?? 1, signal: null });
      else {
        const status = 128 + constants.signals[signal];
        resolve({ reason: 'signaled', status, code: null, signal: signal.replace(/^SIG/, '') });
      }
    });
  });
}

function refuse(reason: ExitReason, status: number, message: string): Ending {
  appendFileSync(RUN_FILES.output, `trainyard: ${message}\n`);
  return { reason, status, code: status, signal: null };
}

/** The file is gone before the command exists: it may hold secrets. */
function takeEnvironment(): NodeJS.ProcessEnv {
  if (!existsSync(RUN_FILES.envJson)) return { ...process.env };
  const text = readFileSync(RUN_FILES.envJson, 'utf8');
  rmSync(RUN_FILES.envJson);
  const env: NodeJS.ProcessEnv = {};
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return env;
  for (const [name, value] of Object.entries(parsed)) if (typeof value === 'string') env[name] = value;
  return env;
}

function readSettings(): WrapperSettings {
  const spec = parseRunSpec(readFileSync(RUN_FILES.spec, 'utf8'));
  if ('value' in spec) return spec.value.wrapper;
  appendFileSync(RUN_FILES.wrapperLog, `${spec.message}\n`);
  return { cwd: '' };
}

async function recordProcess(name: string, pid: number): Promise<void> {
  const timeMs = Date.now();
  // At once, where that is possible: a short command may be a zombie already, and soon nothing at all.
  const stat = process.platform === 'linux' ? readLinuxStat(pid) : undefined;
  const found = stat === undefined ? await readProcess(pid) : { start: stat.start, boot: linuxBootId() };
  const record: ProcessRecord = { v: 1, pid, start: found?.start ?? '', boot: found?.boot ?? '', timeMs };
  try {
    put(name, record);
  } catch (error) {
    appendFileSync(RUN_FILES.wrapperLog, `${String(error)}\n`);
  }
}

function put(name: string, record: ProcessRecord | ExitRecord): void {
  writeFileSync(`${name}.tmp`, `${JSON.stringify(record)}\n`, { flush: true });
  renameSync(`${name}.tmp`, name);
}

/** With no room on the disk an empty file, which needs none, says the status until the record fits. */
async function putStubbornly(status: number, record: ExitRecord): Promise<void> {
  for (const pauseMs of [1000, 1000, 2000, 4000, 8000, 0]) {
    try {
      put(RUN_FILES.exit, record);
      return;
    } catch {
      if (!existsSync(`exit.${status}`)) writeFileSync(`exit.${status}`, '');
      await sleep(pauseMs);
    }
  }
}

function readOomMachine(): number | null {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
