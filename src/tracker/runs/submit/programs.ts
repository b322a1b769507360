import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';

/** Programs that run a script, by its extension, the first that is there. */
const BY_EXTENSION: Readonly<Record<string, readonly string[]>> = {
  '.py': ['python3', 'python'],
  '.pyz': ['python3', 'python'],
  '.r': ['Rscript'],
  '.sh': ['bash', 'sh'],
  '.bash': ['bash'],
  '.zsh': ['zsh'],
  '.jl': ['julia'],
  '.js': ['node'],
  '.mjs': ['node'],
  '.cjs': ['node'],
  '.pl': ['perl'],
  '.rb': ['ruby'],
  '.lua': ['lua'],
  '.ps1': ['pwsh', 'powershell'],
};
const PYTHON = new Set(['.py', '.pyz']);
const WINDOWS_PROGRAMS = new Set(['.exe', '.com']);

export interface ProgramRequest {
  /** Training folder, absolute. */
  readonly folder: string;
  /** The script's file, absolute. */
  readonly scriptFile: string;
  /** As the configuration names it. */
  readonly interpreter?: string | undefined;
  /** Where programs are looked for: PATH of the run. */
  readonly variables: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
}

export function isPythonScript(script: string): boolean {
  return PYTHON.has(path.extname(script).toLowerCase());
}

/**
 * The program that runs the script, absolute; undefined where the script is a program itself.
 * @throws Problem `invalid` when there is none, and says what was looked for.
 */
export function findProgram(request: ProgramRequest): string | undefined {
  const platform = request.platform ?? process.platform;
  if (request.interpreter !== undefined) return named(request.interpreter, request, platform);
  const extension = path.extname(request.scriptFile).toLowerCase();
  const candidates = BY_EXTENSION[extension];
  if (candidates !== undefined) {
    const own = PYTHON.has(extension) ? folderPython(request, platform) : undefined;
    const found = own ?? first(candidates, request.variables, platform);
    if (found !== undefined) return found;
    throw new Problem(
      'invalid',
      `${path.basename(request.scriptFile)} needs ${candidates.join(' or ')}, which is not on PATH.`,
      {
        hint: `Install ${candidates[0]}, or name the program in "interpreter" of the run configuration.`,
      },
    );
  }
  if (isProgram(request.scriptFile, platform)) return undefined;
  throw new Problem('invalid', `No known interpreter runs ${path.basename(request.scriptFile)}.`, {
    hint: 'Name one in "interpreter" of the run configuration, or make the file executable (chmod +x).',
  });
}

/** A program by name on PATH; undefined when it is not there. */
export function onPath(
  name: string,
  variables: Readonly<Record<string, string>>,
  platform = process.platform,
): string | undefined {
  const searched = variables.PATH ?? variables.Path ?? process.env.PATH ?? '';
  const endings = platform === 'win32' && path.extname(name) === '' ? ['.exe', '.com'] : [''];
  for (const folder of searched.split(path.delimiter)) {
    if (!path.isAbsolute(folder)) continue;
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (isProgram(file, platform)) return file;
    }
  }
  return undefined;
}

export function isProgram(file: string, platform = process.platform): boolean {
  try {
    if (!fs.statSync(file).isFile()) return false;
    if (platform === 'win32') return WINDOWS_PROGRAMS.has(path.extname(file).toLowerCase());
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function named(interpreter: string, request: ProgramRequest, platform: NodeJS.Platform): string {
  const isPath = interpreter.includes('/') || (platform === 'win32' && interpreter.includes('\\'));
  const expanded = interpreter.startsWith('~/')
    ? path.join(request.variables.HOME ?? '', interpreter.slice(2))
    : interpreter;
  const file = isPath ? path.resolve(request.folder, expanded) : onPath(interpreter, request.variables, platform);
  if (file !== undefined && isProgram(file, platform)) return file;
  if (file === undefined) {
    const words = /\s/.test(interpreter)
      ? ' It is one program: its options belong nowhere, arguments of the script into "args".'
      : '';
    throw new Problem('invalid', `The interpreter ${interpreter} is not on PATH.${words}`, {
      hint: 'Install it, or give its whole path in "interpreter" of the run configuration.',
    });
  }
  const there = fs.existsSync(file);
  throw new Problem(
    'invalid',
    `The interpreter ${file} ${there ? 'cannot be executed' : 'is gone: there is no such file'}.`,
    {
      hint: there
        ? 'Check its permissions.'
        : 'Select another interpreter; the environment it belonged to may have been removed.',
    },
  );
}

/** The folder's own virtual environment, unless the submitter's shell has activated one: then PATH says which. */
function folderPython(request: ProgramRequest, platform: NodeJS.Platform): string | undefined {
  if (request.variables.VIRTUAL_ENV || request.variables.CONDA_PREFIX) return undefined;
  for (const name of ['.venv', 'venv']) {
    const python = environmentPython(path.join(request.folder, name), platform);
    if (isProgram(python, platform)) return python;
  }
  return undefined;
}

/** The Python of a virtual environment. */
export function environmentPython(environment: string, platform = process.platform): string {
  return platform === 'win32'
    ? path.join(environment, 'Scripts', 'python.exe')
    : path.join(environment, 'bin', 'python');
}

function first(
  names: readonly string[],
  variables: Readonly<Record<string, string>>,
  platform: NodeJS.Platform,
): string | undefined {
  for (const name of names) {
    const found = onPath(name, variables, platform);
    if (found !== undefined) return found;
  }
  return undefined;
}
