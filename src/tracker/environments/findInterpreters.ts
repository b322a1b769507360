import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Interpreter {
  readonly path: string;
  readonly name: string;
  readonly version?: string;
  /** Where it was found, for people: `folder`, `conda`, `pyenv`, `PATH`. */
  readonly source: string;
}

const OTHERS = ['Rscript', 'julia', 'node', 'bash', 'pwsh'];

/** Interpreters for a training folder, the nearest first. Versions of Pythons are asked of them, all at once. */
export async function findInterpreters(
  folder: string,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  platform = process.platform,
): Promise<Interpreter[]> {
  const candidates = [
    ...folderEnvironments(folder, platform),
    ...conda(env, platform),
    ...pyenv(env, platform),
    ...onPath(env, platform),
  ];
  const seen = new Set<string>();
  const unique = candidates.filter(({ path: file, source }) => {
    // Two names of one program are one, but two environments may share a program and still differ.
    const key = source === 'PATH' ? realPathOf(file) : file;
    if (seen.has(key) || seen.has(file)) return false;
    seen.add(key).add(file);
    return true;
  });
  return Promise.all(unique.map(withVersion));
}

function folderEnvironments(folder: string, platform: NodeJS.Platform): Interpreter[] {
  const names = ['.venv', 'venv', ...subfolders(folder)];
  return [...new Set(names)].flatMap((name) => {
    const root = path.join(folder, name);
    const isEnvironment = exists(path.join(root, 'pyvenv.cfg')) || exists(path.join(root, 'conda-meta'));
    return isEnvironment ? pythonOf(root, `${name} (this folder)`, 'folder', platform) : [];
  });
}

function conda(env: Readonly<NodeJS.ProcessEnv>, platform: NodeJS.Platform): Interpreter[] {
  const homes = ['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', '.conda', 'micromamba'].map((name) =>
    path.join(os.homedir(), name),
  );
  const prefix = env.CONDA_EXE === undefined ? [] : [path.dirname(path.dirname(env.CONDA_EXE))];
  const active =
    env.CONDA_PREFIX === undefined
      ? []
      : pythonOf(env.CONDA_PREFIX, env.CONDA_DEFAULT_ENV ?? 'active', 'conda', platform);
  const roots = [...prefix, ...homes, '/opt/conda'].filter(
    (root) => exists(path.join(root, 'conda-meta')) || exists(path.join(root, 'envs')),
  );
  const found = roots.flatMap((root) => [
    ...pythonOf(root, 'base', 'conda', platform),
    ...subfolders(path.join(root, 'envs')).flatMap((name) =>
      pythonOf(path.join(root, 'envs', name), name, 'conda', platform),
    ),
  ]);
  return [...active, ...found];
}

function pyenv(env: Readonly<NodeJS.ProcessEnv>, platform: NodeJS.Platform): Interpreter[] {
  const root = path.join(env.PYENV_ROOT ?? path.join(os.homedir(), '.pyenv'), 'versions');
  return subfolders(root).flatMap((name) => pythonOf(path.join(root, name), name, 'pyenv', platform));
}

function onPath(env: Readonly<NodeJS.ProcessEnv>, platform: NodeJS.Platform): Interpreter[] {
  const names =
    platform === 'win32'
      ? ['python.exe', 'python3.exe', ...OTHERS.map((name) => `${name}.exe`)]
      : ['python3', 'python', ...OTHERS];
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return names.flatMap((name) => {
    const file = folders.map((folder) => path.join(folder, name)).find(isExecutable);
    return file === undefined ? [] : [{ path: file, name: name.replace(/\.exe$/, ''), source: 'PATH' }];
  });
}

function pythonOf(root: string, name: string, source: string, platform: NodeJS.Platform): Interpreter[] {
  const places =
    platform === 'win32'
      ? [path.join(root, 'Scripts', 'python.exe'), path.join(root, 'python.exe')]
      : [path.join(root, 'bin', 'python')];
  const file = places.find(isExecutable);
  return file === undefined ? [] : [{ path: file, name, source }];
}

async function withVersion(interpreter: Interpreter): Promise<Interpreter> {
  try {
    const { stdout, stderr } = await run(interpreter.path, ['--version'], { timeout: 5000, windowsHide: true });
    const version = /\d+\.\d+(?:\.\d+)*/.exec(`${stdout}\n${stderr}`)?.[0];
    return version === undefined ? interpreter : { ...interpreter, version };
  } catch {
    return interpreter;
  }
}

function subfolders(folder: string): string[] {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function realPathOf(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return file;
  }
}

function exists(file: string): boolean {
  return fs.existsSync(file);
}
