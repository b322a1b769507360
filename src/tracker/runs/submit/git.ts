import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GitState } from '../../../shared/domain/run.ts';
import { looksSecret } from '../../snapshots/ignore/builtin.ts';

const run = promisify(execFile);

const MAX_DIFF = 1024 * 1024;
const MAX_READ = 4 * MAX_DIFF;
const MAX_CHANGED = 1000;
const TIMEOUT_MS = 10_000;

/**
 * The state of the repository that holds the folder: commit, branch, changed files, diff. Undefined where there is no
 * repository or no git. Takes no locks, runs no hooks and no configured program of the repository.
 */
export async function gitState(folder: string, signal?: AbortSignal): Promise<GitState | undefined> {
  const git = async (...args: string[]): Promise<string> => {
    const running = run('git', [...SAFE, '-C', folder, ...args], {
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_PAGER: 'cat', LC_ALL: 'C' },
      maxBuffer: MAX_READ,
      timeout: TIMEOUT_MS,
      windowsHide: true,
      ...(signal ? { signal } : {}),
    });
    // Of what is longer the beginning will do: no more of it is kept, and no more is to be in memory.
    const { stdout } = await running.catch((error: { code?: string; stdout: string }) => {
      if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return error;
      throw error;
    });
    return stdout;
  };
  const quiet = (...args: string[]): Promise<string | undefined> => git(...args).catch(() => undefined);
  const status = await quiet('status', '--porcelain=v2', '--branch', '-z', '--no-renames', '--', '.');
  if (status === undefined) return undefined;
  const state = parseStatus(status);
  const prefix = (await quiet('rev-parse', '--show-prefix'))?.trimEnd() ?? '';
  const changed = state.changed.map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path));
  const diff =
    state.commit === undefined
      ? undefined
      : await quiet('diff', '--no-ext-diff', '--no-textconv', '--no-color', '--relative', 'HEAD', '--', '.');
  return {
    ...(state.commit === undefined ? {} : { commit: state.commit }),
    ...(state.branch === undefined ? {} : { branch: state.branch }),
    changed: changed.slice(0, MAX_CHANGED),
    ...(diff ? { diff: cut(withoutSecrets(diff)) } : {}),
  };
}

/** A repository may name programs to run in its own configuration; none of them is run. */
const SAFE = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.quotePath=false'];

/** Reads `git status --porcelain=v2 --branch -z`. */
export function parseStatus(text: string): { commit?: string; branch?: string; changed: string[] } {
  const result: { commit?: string; branch?: string; changed: string[] } = { changed: [] };
  for (const line of text.split('\0')) {
    const oid = /^# branch\.oid ([0-9a-f]{40,64})$/.exec(line)?.[1];
    if (oid !== undefined) result.commit = oid;
    const head = /^# branch\.head (.+)$/.exec(line)?.[1];
    if (head !== undefined && head !== '(detached)') result.branch = head;
    // Ordinary changes have eight fields before the path, unmerged ones ten; untracked files only a mark.
    const path =
      /^1 (?:\S+ ){7}([\s\S]+)$/.exec(line)?.[1] ??
      /^u (?:\S+ ){9}([\s\S]+)$/.exec(line)?.[1] ??
      /^\? ([\s\S]+)$/.exec(line)?.[1];
    if (path !== undefined) result.changed.push(path);
  }
  return result;
}

/** Without the sections of files that usually hold secrets, which are in no snapshot either. */
function withoutSecrets(diff: string): string {
  return diff
    .split(/^(?=diff --git )/m)
    .filter((section) => !looksSecret(/^diff --git .*\/([^/\n"]+)"?$/m.exec(section)?.[1] ?? ''))
    .join('');
}

function cut(diff: string): string {
  if (diff.length <= MAX_DIFF) return diff;
  return `${diff.slice(0, diff.lastIndexOf('\n', MAX_DIFF))}\n… cut at 1 MB\n`;
}
