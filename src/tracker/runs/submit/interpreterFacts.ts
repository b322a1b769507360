import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface InterpreterFacts {
  readonly version?: string;
  readonly packages: { name: string; version: string }[];
}

/** One quick call says everything; `-I` would hide user packages that the run does see, so only the path is cleaned. */
const PYTHON_FACTS = `
import sys
sys.path = [p for p in sys.path if p]
import json, platform
try:
    from importlib.metadata import distributions
    found = {}
    for d in distributions():
        name = d.metadata["Name"]
        if name and name not in found: found[name] = d.version or ""
except Exception:
    found = {}
places = [p for p in sys.path]
print(json.dumps({"version": platform.python_version(), "packages": found, "places": places}))
`;

interface Known {
  readonly stamp: string;
  readonly places: readonly string[];
  readonly facts: InterpreterFacts;
}
const known = new Map<string, Known>();
const asking = new Map<string, Promise<InterpreterFacts>>();

/**
 * Version and installed packages of an interpreter. Remembered until the interpreter or a folder that it finds packages
 * in changes, for each training folder, because a folder may choose a version. An interpreter that cannot tell has no version and no packages; that never fails a run.
 */
export async function interpreterFacts(
  program: string,
  variables: Readonly<Record<string, string>>,
  cwd: string,
): Promise<InterpreterFacts> {
  const key = [program, cwd, variables.PYTHONPATH, variables.PYENV_VERSION].join('\n');
  const before = known.get(key);
  if (before && before.stamp === stampOf(program, before.places)) return before.facts;
  const under = asking.get(key) ?? ask(key, program, variables, cwd).finally(() => asking.delete(key));
  asking.set(key, under);
  return under;
}

async function ask(
  key: string,
  program: string,
  variables: Readonly<Record<string, string>>,
  cwd: string,
): Promise<InterpreterFacts> {
  const kind = path.basename(program).toLowerCase();
  try {
    const found = /^(python|pypy)/.test(kind)
      ? await pythonFacts(program, variables, cwd)
      : { facts: { ...(await versionOf(program, variables, cwd)), packages: [] }, places: [] };
    known.set(key, { ...found, stamp: stampOf(program, found.places) });
    return found.facts;
  } catch {
    return { packages: [] };
  }
}

async function pythonFacts(program: string, env: Readonly<Record<string, string>>, cwd: string) {
  const { stdout } = await run(program, ['-c', PYTHON_FACTS], {
    env,
    cwd,
    timeout: 30_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  const told = JSON.parse(stdout) as { version: string; packages: Record<string, string>; places: string[] };
  const packages = Object.entries(told.packages)
    .map(([name, version]) => ({ name, version }))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  return { facts: { version: told.version, packages }, places: told.places };
}

/** What `--version` says, on whichever stream: R and Julia and shells all know it. */
async function versionOf(program: string, env: Readonly<Record<string, string>>, cwd: string) {
  const { stdout, stderr } = await run(program, ['--version'], { env, cwd, timeout: 15_000 });
  const version = /\d+\.\d+(?:\.\d+)*/.exec(`${stdout}\n${stderr}`)?.[0];
  return version === undefined ? {} : { version };
}

function stampOf(program: string, places: readonly string[]): string {
  return [program, ...places]
    .map((file) => {
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      return stat ? `${stat.ino}:${stat.mtimeMs}` : '-';
    })
    .join(' ');
}
