/**
 * The run directory, version 1. One specification for this machine, machines over SSH, and Slurm; only the way of
 * reading the files differs. Every file below is written whole under another name and then renamed, so a reader sees
 * the old content, the new content or nothing; `output.log` and `metrics/*.jsonl` alone are appended to.
 *
 * | path            | written by            | what                                                                   |
 * |-----------------|-----------------------|------------------------------------------------------------------------|
 * | spec.json       | tracker, before start | `RunSpec`: what is to be run                                           |
 * | wrapper.conf    | tracker, before start | what wrapper.sh needs of the spec, as shell assignments                |
 * | env / env.json  | tracker, before start | the child's environment, mode 0600; removed just before the command    |
 * |                 |                       | starts (`env`: shell exports; `env.json`: an object, on Windows)       |
 * | code/           | tracker, before start | the execution copy of the snapshot                                     |
 * | outputs/        | tracker, before start | `$TRAINYARD_OUTPUTS`: everything left here is collected                |
 * | metrics/*.jsonl | helper, in the run    | one file per process (see helperRecords.ts)                            |
 * | output.log      | the command           | stdout and stderr, both opened for append                              |
 * | wrapper.log     | wrapper               | the wrapper's own troubles; normally empty                             |
 * | claimed/        | wrapper, first        | made by the one wrapper that may run the command; a second one leaves  |
 * | wrapper.json    | wrapper               | `ProcessRecord` of the wrapper, whose pid is also session and group id |
 * | child.json      | wrapper               | `ProcessRecord` of the command, written before it executes (by the     |
 * |                 |                       | Node wrapper at the same moment)                                       |
 * | cancel          | tracker               | marker: an end was asked for (content is free, one line)               |
 * | exit.json       | wrapper, last         | `ExitRecord`                                                           |
 * | exit.<status>   | wrapper, last         | empty; only if the disk had no room for exit.json                      |
 *
 * Reading rules: exit.json present → the run has ended, whatever else is there. No exit.json and the child's identity
 * alive → running. Neither, and the wrapper not alive → it ended and how is unknown. A process is the same process
 * only if pid, start time and boot are equal (pids are reused), and a zombie is dead.
 *
 * In the home, for the revival of a dead tracker by the wrappers of living runs: `tracker.pid` ("pid start boot", one
 * line; present while a tracker should be alive, removed by one that leaves on purpose), `revive.sh` (a script that
 * execs the tracker in the foreground; `revive.json` {argv, env} for the Node wrapper) and `revive.lock` (a directory,
 * held by the one wrapper that is reviving).
 */
import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';
import { Check, Errors } from 'typebox/value';
import { shellQuote } from './homeFiles.ts';

export const RUN_DIRECTORY_VERSION = 1;

export const RUN_FILES = {
  spec: 'spec.json',
  wrapperConf: 'wrapper.conf',
  env: 'env',
  envJson: 'env.json',
  code: 'code',
  outputs: 'outputs',
  metrics: 'metrics',
  output: 'output.log',
  wrapperLog: 'wrapper.log',
  claim: 'claimed',
  wrapper: 'wrapper.json',
  child: 'child.json',
  cancel: 'cancel',
  exit: 'exit.json',
} as const;

/** The variables that a run finds in its environment. `runId` is also how daemonised grandchildren are found. */
export const RUN_ENV = {
  runId: 'TRAINYARD_RUN_ID',
  runDirectory: 'TRAINYARD_RUN_DIR',
  outputs: 'TRAINYARD_OUTPUTS',
  home: 'TRAINYARD_HOME',
  workspace: 'TRAINYARD_WORKSPACE',
  address: 'TRAINYARD_ADDRESS',
  token: 'TRAINYARD_TOKEN',
} as const;

/**
 * `start` is opaque and compared for equality only: clock ticks since boot on Linux (/proc/PID/stat, field 22), the
 * UTC `lstart` of ps on macOS, the FILETIME of creation on Windows. `boot` is Linux's boot id, '' elsewhere.
 */
export const ProcessIdentity = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  start: Type.String(),
  boot: Type.String(),
});
export type ProcessIdentity = Static<typeof ProcessIdentity>;

export const ProcessRecord = Type.Object({
  v: Type.Literal(1),
  pid: Type.Integer({ minimum: 1 }),
  start: Type.String(),
  boot: Type.String(),
  /** Unix time in milliseconds at which the record was made. */
  timeMs: Type.Integer({ minimum: 0 }),
});
export type ProcessRecord = Static<typeof ProcessRecord>;

/** Why a run ended. The last four mean that the command itself never ran. */
export const ExitReason = Type.Union([
  Type.Literal('exited'),
  Type.Literal('signaled'),
  Type.Literal('not-found'),
  Type.Literal('not-executable'),
  Type.Literal('no-directory'),
  Type.Literal('canceled'),
]);
export type ExitReason = Static<typeof ExitReason>;

const NullableInteger = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]);

export const ExitRecord = Type.Object({
  v: Type.Literal(1),
  reason: ExitReason,
  /** As the waiting program saw it; wrapper.sh sees 128 + number for a signal, and so cannot tell `exit 143` from TERM. */
  status: Type.Integer(),
  /** The exit code, or null after a signal. */
  code: Type.Union([Type.Integer(), Type.Null()]),
  /** 'TERM', 'KILL', …, without SIG, or null. */
  signal: Type.Union([Type.String({ pattern: '^[A-Z0-9+-]{1,16}$' }), Type.Null()]),
  /** Unix time in milliseconds. */
  endedMs: Type.Integer({ minimum: 0 }),
  /** By a clock that does not jump, where there is one. */
  durationMs: Type.Integer({ minimum: 0 }),
  userMs: NullableInteger,
  systemMs: NullableInteger,
  /** Highest resident size of the command's own process that was seen, KiB. */
  peakKb: NullableInteger,
  /** True when the cancel marker stood when the command ended. */
  canceled: Type.Boolean(),
  /** Processes killed for memory during the run: in the run's own cgroup, and on the whole machine. */
  oomCgroup: NullableInteger,
  oomMachine: NullableInteger,
});
export type ExitRecord = Static<typeof ExitRecord>;

export const WrapperSettings = Type.Object({
  /** Working directory of the command, absolute. */
  cwd: Type.String({ minLength: 1 }),
  /** The home whose tracker is to be revived; absent on other machines, where there is none. */
  home: Type.Optional(Type.String({ minLength: 1 })),
  /** Seconds between two looks at the tracker. */
  pollSeconds: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type WrapperSettings = Static<typeof WrapperSettings>;

/** Further fields are the tracker's own and are kept. */
export const RunSpec = Type.Object({
  v: Type.Literal(1),
  runId: Type.String({ minLength: 1 }),
  argv: Type.Array(Type.String(), { minItems: 1 }),
  wrapper: WrapperSettings,
  createdMs: Type.Integer({ minimum: 0 }),
});
export type RunSpec = Static<typeof RunSpec>;

/** 'torn': empty or not JSON (a crash before the data reached the disk). 'newer': made by a later version. */
export type FileProblem = { problem: 'torn' | 'newer' | 'invalid'; message: string };
export type Parsed<T> = { value: T } | FileProblem;

export const parseRunSpec = (text: string): Parsed<RunSpec> => parseRecord(RunSpec, text, RUN_FILES.spec);
export const parseProcessRecord = (text: string, name: string): Parsed<ProcessRecord> =>
  parseRecord(ProcessRecord, text, name);
export const parseExitRecord = (text: string): Parsed<ExitRecord> => parseRecord(ExitRecord, text, RUN_FILES.exit);

/** The fallback for a full disk: the name of an empty file `exit.139` carries the raw status. */
export function parseExitFileName(name: string): number | undefined {
  const match = /^exit\.(\d{1,10})$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * Whether the kernel, rather than a person, ended the command for want of memory. The machine's counter alone proves
 * nothing about this run, so it counts only beside a KILL that nobody asked for.
 */
export function wasOutOfMemory(exit: ExitRecord): boolean {
  const killed = exit.signal === 'KILL' && !exit.canceled;
  return killed && ((exit.oomCgroup ?? 0) > 0 || (exit.oomMachine ?? 0) > 0);
}

/** Variables that belong to the shell itself; bash as sh even exits when UID or PPID is assigned. */
const SHELL_OWN = /^(?:_|IFS|OPTIND|LINENO|PPID|E?UID|GROUPS|PWD|OLDPWD|SHLVL|ENV|BASH\w*|SHELLOPTS|trainyard_\w+)$/;

/** Names that a shell cannot export (`BASH_FUNC_x%%`, `ProgramFiles(x86)`) or keeps for itself are left out. */
export function formatShellExports(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .filter(([name, value]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !SHELL_OWN.test(name) && !value.includes('\0'))
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join('');
}

export function formatWrapperConf(settings: WrapperSettings): string {
  const home = settings.home ?? '';
  return `cwd=${shellQuote(settings.cwd)}\nhome=${shellQuote(home)}\npoll=${settings.pollSeconds ?? 5}\n`;
}

function parseRecord<S extends TSchema>(schema: S, text: string, name: string): Parsed<Static<S>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const how = text.trim() === '' ? 'is empty' : 'is not complete JSON';
    return { problem: 'torn', message: `${name} ${how}; it was probably cut short by a crash or a full disk.` };
  }
  if (Check(schema, value)) return { value };
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
  if (typeof version === 'number' && version > RUN_DIRECTORY_VERSION) {
    const message = `${name} is of version ${version}; this Trainyard reads up to ${RUN_DIRECTORY_VERSION}. Update it.`;
    return { problem: 'newer', message };
  }
  const first = Errors(schema, value)[0];
  const where = first === undefined ? '' : ` at ${first.instancePath === '' ? '/' : first.instancePath}`;
  return { problem: 'invalid', message: `${name} is not valid${where}: ${first?.message ?? 'unknown reason'}.` };
}
