import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '../../shared/api/error.ts';
import { RUN_ENV } from '../../shared/runDirectory.ts';
import type { ActivityBoard, ActivityControl } from '../activities/activityBoard.ts';
import { endTree } from '../runs/processTree.ts';
import { environmentPython, isProgram, onPath } from '../runs/submit/programs.ts';
import { buildHint, buildSteps, buildVariables, progressOf } from './buildSteps.ts';
import type { BuiltEnvironment, EnvironmentRequest, Environments } from './environments.ts';
import { environmentHash, requirementsText } from './requirements.ts';
import { runStep } from './runStep.ts';

const run = promisify(execFile);

const READY = 'ready.json';
const SHOWN_LINES = 12;

interface Build {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  readonly listeners: Set<(message: string) => void>;
  waiting: number;
}

/**
 * Virtual environments of this machine, one folder each under the home, named by the hash of what they are built from.
 * A folder counts only once its `ready.json` is written; one without it was cut short and is built anew.
 */
export class LocalEnvironments implements Environments {
  readonly #root: string;
  readonly #board: ActivityBoard;
  readonly #builds = new Map<string, Build>();

  constructor(root: string, board: ActivityBoard) {
    this.#root = root;
    this.#board = board;
  }

  async ensure(request: EnvironmentRequest): Promise<BuiltEnvironment> {
    const python = this.#python(request);
    const requirements = requirementsText(request.requirements);
    const told = await pythonWords(python, request);
    const hash = environmentHash({ requirements, python: told, platform: `${process.platform} ${process.arch}` });
    const directory = path.join(this.#root, hash);
    const built = { directory, python: environmentPython(directory), hash };
    if (existsSync(path.join(directory, READY)) && isProgram(built.python)) return built;
    await this.#join(hash, request, () => this.#start(hash, directory, python, request));
    return built;
  }

  /** Waits for the build that is under way, or begins it. A build is given up when nobody waits for it any more. */
  async #join(hash: string, request: EnvironmentRequest, start: () => Build): Promise<void> {
    let build = this.#builds.get(hash);
    // One that is being given up still takes its folder away; only then is there room for another.
    while (build?.abort.signal.aborted) {
      await build.done.catch(() => undefined);
      build = this.#builds.get(hash);
    }
    build ??= start();
    this.#builds.set(hash, build);
    build.waiting += 1;
    const { signal, onProgress } = request;
    if (onProgress) build.listeners.add(onProgress);
    const gone = Promise.withResolvers<never>();
    const leave = (): void => gone.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([build.done, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (onProgress) build.listeners.delete(onProgress);
      build.waiting -= 1;
      if (build.waiting === 0) build.abort.abort(new Problem('cancelled', 'Nobody needs the environment any more.'));
    }
  }

  #start(hash: string, directory: string, python: string, request: EnvironmentRequest): Build {
    const abort = new AbortController();
    const listeners = new Set<(message: string) => void>();
    const title = `Environment of ${path.basename(request.requirements)}`;
    const activity = {
      kind: 'environment',
      title,
      ...(request.workspace === undefined ? {} : { workspace: request.workspace }),
    };
    const done = this.#board
      .run(activity, async (control) => {
        const signal = AbortSignal.any([control.signal, abort.signal]);
        const report = (message: string): void => {
          control.report(message);
          for (const listener of listeners) listener(`building environment · ${message}`);
        };
        await build({ directory, python, request, signal, report, control });
      })
      .finally(() => this.#builds.delete(hash));
    // Whoever still waits is told; when nobody does, the activity has it.
    done.catch(() => undefined);
    return { done, abort, listeners, waiting: 0 };
  }

  #python({ python, variables, requirements }: EnvironmentRequest): string {
    if (python !== undefined && /[\\/]/.test(python)) {
      const file = path.resolve(path.dirname(requirements), python);
      if (isProgram(file)) return file;
      throw new Problem(
        'invalid',
        `The Python ${file} that is to build the environment is gone or cannot be executed.`,
        {
          hint: 'Correct "environment.python" in the run configuration.',
        },
      );
    }
    const names = python === undefined ? ['python3', 'python'] : [python];
    const found = names.map((name) => onPath(name, variables)).find((file) => file !== undefined);
    if (found !== undefined) return found;
    throw new Problem('invalid', `${names[0]} is not on PATH, so no environment can be built.`, {
      hint: 'Install Python, or name one in "environment.python" of the run configuration.',
    });
  }
}

interface BuildRequest {
  readonly directory: string;
  readonly python: string;
  readonly request: EnvironmentRequest;
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
  readonly control: ActivityControl;
}

async function build({ directory, python, request, signal, report, control }: BuildRequest): Promise<void> {
  const { requirements, variables } = request;
  const mark = buildMark(directory);
  const env = { ...buildVariables(variables), [RUN_ENV.runId]: mark };
  // A build goes on for a while when its tracker is killed, and would write into the folder that is made anew.
  if (existsSync(directory)) await endTree({ runId: mark }, { graceMs: 0 });
  await rm(directory, { recursive: true, force: true });
  await mkdir(path.dirname(directory), { recursive: true, mode: 0o700 });
  try {
    for (const step of buildSteps({ directory, python, requirements, uv: onPath('uv', variables) })) {
      report(step.title);
      control.output(`$ ${[step.file, ...step.args].join(' ')}\n`);
      const result = await runStep(step, {
        env,
        signal,
        onLine: (line) => {
          control.output(`${line}\n`);
          const news = progressOf(line);
          if (news !== undefined) report(news);
        },
      });
      if (result.code !== 0) throw failed(step.title, path.basename(requirements), result);
    }
    await writeFile(path.join(directory, READY), JSON.stringify({ python, requirements, at: Date.now() }), {
      flush: true,
    });
  } catch (error) {
    // Nothing half-made is left behind.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    throw error;
  }
}

/** What the processes of a build have in their environment, in the place by which those of a run are found. */
export function buildMark(directory: string): string {
  return `environment-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
}

function failed(title: string, name: string, result: { code: number | null; lastLines: string[] }): Problem {
  const output = result.lastLines.join('\n');
  return new Problem(
    'invalid',
    `The environment of ${name} could not be built: ${title} ended with ${result.code ?? 'a signal'}.`,
    {
      hint: buildHint(output),
      details: result.lastLines.slice(-SHOWN_LINES),
    },
  );
}

/** Implementation and version, which decide whether built packages fit. */
async function pythonWords(python: string, { variables, signal }: EnvironmentRequest): Promise<string> {
  const code = 'import sys; print(sys.implementation.name, sys.version.split()[0], sys.maxsize.bit_length() + 1)';
  try {
    const { stdout } = await run(python, ['-I', '-c', code], {
      env: buildVariables(variables),
      timeout: 20_000,
      signal,
    });
    return stdout.trim();
  } catch (cause) {
    signal.throwIfAborted();
    throw new Problem('invalid', `${python} does not run, so no environment can be built with it.`, {
      hint: 'Name another Python in "environment.python" of the run configuration.',
      details: cause instanceof Error ? cause.message.split('\n').slice(-6) : [],
      cause,
    });
  }
}
