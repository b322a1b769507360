import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import { nearestWord } from '../../../shared/nearestWord.ts';
import { parseMemory, parseTime } from '../../../shared/resources.ts';
import { nearestFile } from './nearestFile.ts';
import { findProgram, isPythonScript } from './programs.ts';

export interface CheckedSubmission {
  /** The training folder, absolute, as it was given. */
  readonly folder: string;
  /** Relative to the folder, with the system's separators. */
  readonly script: string;
  readonly scriptFile: string;
  /** Relative to the folder, `.` for the folder itself. */
  readonly workingDirectory: string;
  /** Absolute; undefined where the script is a program itself, or an environment is to be built. */
  readonly program: string | undefined;
  /** Absolute path of the requirements file, where an environment is to be built. */
  readonly requirements: string | undefined;
}

const TARGETS = ['local', 'this machine'];

/**
 * Everything that can be known to be wrong before anything is started or written.
 * @throws Problem `invalid`, `not-found` or `forbidden` with the way out.
 */
export function checkSubmission(
  folderGiven: string,
  configuration: RunConfiguration,
  variables: Readonly<Record<string, string>>,
): CheckedSubmission {
  const folder = checkFolder(folderGiven);
  checkTarget(configuration.target);
  const script = inside(folder, configuration.script, 'script');
  const scriptFile = path.join(folder, script);
  checkScript(folder, script, scriptFile);
  const workingDirectory = inside(folder, configuration.workingDirectory ?? '.', 'working directory');
  if (!fs.statSync(path.join(folder, workingDirectory), { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem('invalid', `The working directory ${configuration.workingDirectory} is not in ${folder}.`, {
      hint: 'Create it, or correct "workingDirectory" in the run configuration.',
    });
  }
  checkNoNul(configuration);
  checkLimits(configuration);
  const base = { folder, script, scriptFile, workingDirectory };
  if (configuration.environment !== undefined) {
    if (!isPythonScript(script)) {
      throw new Problem('invalid', `"environment" builds a Python environment, but ${script} is no Python script.`, {
        hint: 'Remove "environment", or name the Python script.',
      });
    }
    return {
      ...base,
      program: undefined,
      requirements: checkRequirements(folder, configuration.environment.requirements),
    };
  }
  const program = findProgram({ folder, scriptFile, interpreter: configuration.interpreter, variables });
  return { ...base, program, requirements: undefined };
}

function checkFolder(given: string): string {
  if (!path.isAbsolute(given) || given.includes('\0')) {
    throw new Problem('invalid', `The training folder must be an absolute path, not ${JSON.stringify(given)}.`);
  }
  // Kept as it was given, links and all: that is how the person and the editor know it.
  const folder = path.resolve(given);
  try {
    fs.realpathSync(folder);
  } catch (cause) {
    throw new Problem('not-found', `The training folder ${given} cannot be found.`, {
      hint: 'Open it again, or check its path.',
      cause,
    });
  }
  if (!fs.statSync(folder).isDirectory()) {
    throw new Problem('invalid', `${given} is a file; a training folder is needed.`, {
      hint: 'Name the folder that holds it.',
    });
  }
  try {
    fs.accessSync(folder, fs.constants.R_OK | fs.constants.X_OK);
  } catch (cause) {
    throw new Problem('forbidden', `The training folder ${given} cannot be read.`, {
      hint: 'Check its permissions.',
      cause,
    });
  }
  return folder;
}

function checkTarget(target: string | undefined): void {
  if (target === undefined || TARGETS.includes(target)) return;
  const near = nearestWord(target, TARGETS) ?? 'local';
  throw new Problem('invalid', `There is no compute target ${JSON.stringify(target)}.`, {
    hint: `Did you mean "${near}"? Targets here: local (this machine).`,
  });
}

function checkScript(folder: string, script: string, scriptFile: string): void {
  const found = fs.statSync(scriptFile, { throwIfNoEntry: false });
  if (!found) {
    const near = nearestFile(folder, script.split(path.sep).join('/'));
    throw new Problem('invalid', `The script ${script} is not in ${folder}.`, {
      hint: near === undefined ? 'Correct "script" in the run configuration.' : `Did you mean ${near}?`,
    });
  }
  if (!found.isFile()) {
    throw new Problem('invalid', `${script} is a folder; the script to run must be a file in it.`, {
      hint: 'Name the file in "script" of the run configuration.',
    });
  }
  try {
    fs.accessSync(scriptFile, fs.constants.R_OK);
  } catch (cause) {
    throw new Problem('forbidden', `The script ${script} cannot be read.`, { hint: 'Check its permissions.', cause });
  }
}

function checkRequirements(folder: string, requirements: string): string {
  const file = path.resolve(folder, requirements);
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return file;
  const near = nearestFile(folder, requirements);
  throw new Problem('invalid', `The requirements file ${requirements} is not in ${folder}.`, {
    hint: near === undefined ? 'Correct "environment.requirements" in the run configuration.' : `Did you mean ${near}?`,
  });
}

/** A path of the configuration, relative to the folder. Absolute paths into the folder are understood. */
function inside(folder: string, given: string, what: string): string {
  if (given.includes('\0')) throw new Problem('invalid', `The ${what} holds a NUL character.`);
  const relative = path.relative(folder, path.resolve(folder, given)) || '.';
  if (relative.split(path.sep)[0] === '..' || path.isAbsolute(relative)) {
    throw new Problem('invalid', `The ${what} ${given} is outside the training folder ${folder}.`, {
      hint: 'Only what is inside becomes part of the snapshot; move it there, or open the folder that holds both.',
    });
  }
  return relative;
}

/** A limit of nothing would end every run at its start. */
function checkLimits({ resources }: RunConfiguration): void {
  const wrong =
    resources?.time !== undefined && parseTime(resources.time) === undefined
      ? `The time limit ${JSON.stringify(resources.time)}`
      : resources?.memory !== undefined && parseMemory(resources.memory) === undefined
        ? `The memory limit ${JSON.stringify(resources.memory)}`
        : undefined;
  if (wrong === undefined) return;
  throw new Problem('invalid', `${wrong} is no limit that a run could keep.`, {
    hint: 'Write it like "2h 30m" or "8 GB", or leave it out.',
  });
}

/** No argument vector and no environment can carry a NUL; said here rather than by a failing start. */
function checkNoNul(configuration: RunConfiguration): void {
  const words = [...(configuration.args ?? []), ...Object.values(configuration.env ?? {})];
  if (words.some((word) => word.includes('\0'))) {
    throw new Problem('invalid', 'An argument or variable holds a NUL character, which no program can be given.');
  }
}
