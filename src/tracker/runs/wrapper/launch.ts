import { type SpawnOptions, spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatShellExports,
  formatWrapperConf,
  type ProcessIdentity,
  RUN_ENV,
  RUN_FILES,
  type RunSpec,
} from '../../../shared/runDirectory.ts';
import { readProcess } from './processIdentity.ts';

export interface LaunchRequest {
  /** Absolute path of the run directory, prepared by `prepareRunDirectory`. */
  runDirectory: string;
  argv: readonly string[];
  /** wrapper.sh, or on Windows the built wrapper program. */
  wrapperPath: string;
  /** The Node (or the editor acting as one) that runs the wrapper on Windows. */
  nodePath: string;
  platform: NodeJS.Platform;
  /** The tracker's own environment; only what a wrapper needs is taken from it. */
  env: Readonly<NodeJS.ProcessEnv>;
}

export interface Launch {
  file: string;
  args: string[];
  options: SpawnOptions & { env: NodeJS.ProcessEnv; cwd: string };
}

/** What the wrapper itself needs; the command's environment travels in the env file. */
const WRAPPER_NEEDS =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|LANG|LC_ALL|TZ|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|PATHEXT|USERPROFILE)$/i;

/** Inherited from the editor or the tracker's own start; they would change how a person's program runs. */
const FOREIGN = /^(?:VSCODE_|ELECTRON_|NODE_|CHROME_|GIT_ASKPASS$|npm_)/i;

/** The submitter's environment without what leaks out of the editor; the run's own variables are added by name. */
export function scrubEnvironment(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !FOREIGN.test(name)) kept[name] = value;
  }
  return kept;
}

/** What every run finds in its environment beside the submitter's variables. */
export function describeRunVariables(
  runId: string,
  runDirectory: string,
  helperFolder?: string,
): Record<string, string> {
  return {
    [RUN_ENV.runId]: runId,
    [RUN_ENV.runDirectory]: runDirectory,
    [RUN_ENV.outputs]: join(runDirectory, RUN_FILES.outputs),
    PYTHONUNBUFFERED: '1',
    ...(helperFolder === undefined ? {} : { PYTHONPATH: helperFolder }),
  };
}

/**
 * Makes the folders and files that a wrapper expects. The environment file is private, and is the only place that
 * holds the environment; `code/` is somebody else's business and may exist already.
 */
export async function prepareRunDirectory(
  runDirectory: string,
  spec: RunSpec,
  env: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  await mkdir(runDirectory, { recursive: true, mode: 0o700 });
  await mkdir(join(runDirectory, RUN_FILES.outputs), { recursive: true });
  await mkdir(join(runDirectory, RUN_FILES.metrics), { recursive: true });
  await writeFile(join(runDirectory, RUN_FILES.spec), `${JSON.stringify(spec)}\n`);
  await writeFile(join(runDirectory, RUN_FILES.wrapperConf), formatWrapperConf(spec.wrapper));
  const windows = platform === 'win32';
  const envFile = join(runDirectory, windows ? RUN_FILES.envJson : RUN_FILES.env);
  await writeFile(envFile, windows ? JSON.stringify(env) : formatShellExports(env), { mode: 0o600 });
  await chmod(envFile, 0o600);
}

export function describeLaunch(request: LaunchRequest): Launch {
  const windows = request.platform === 'win32';
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(request.env)) {
    if (value !== undefined && WRAPPER_NEEDS.test(name)) env[name] = value;
  }
  // Told to be plain Node: the path may be the editor's own binary.
  if (windows) env.ELECTRON_RUN_AS_NODE = '1';
  return {
    file: windows ? request.nodePath : '/bin/sh',
    args: [request.wrapperPath, request.runDirectory, ...request.argv],
    options: { cwd: request.runDirectory, env, detached: true, stdio: 'ignore', windowsHide: true },
  };
}

/** Starts the wrapper in a session of its own and forgets it. Rejects if it cannot be started at all. */
export async function launch(described: Launch): Promise<ProcessIdentity> {
  const child = spawn(described.file, described.args, described.options);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', resolve);
  });
  child.unref();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`The run wrapper ${described.file} was started but has no process id.`);
  // So short a command may be over already; then wrapper.json has the start, and exit.json is all that matters.
  return (await readProcess(pid)) ?? { pid, start: '', boot: '' };
}
