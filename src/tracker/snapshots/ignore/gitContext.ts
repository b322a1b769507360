import { execFile } from 'node:child_process';
import { lstat, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { byteString } from '../pathBytes.ts';
import { readIgnoreFiles, readRuleFile, ruleBase } from './files.ts';
import type { RuleList } from './rules.ts';
import { lastMatch, parseRules } from './rules.ts';

/** What git would say about a folder before it reads the folder's own ignore files. */
export interface GitContext {
  /** Weakest first: core.excludesFile, .git/info/exclude, then ignore files of the directories above the folder. */
  lists: RuleList[];
  /** The folder below the repository's top as a rule base; paths must be asked with it in front. */
  prefix: string;
  /** Set where rules from above leave out the folder itself, and so were dropped: somebody asked to train just here. */
  droppedBecause?: string;
}

export interface GitContextOptions {
  fold: boolean;
  /** The person's global ignore file; `false` for none. Asked of git when not given, since git's answers count it. */
  globalExcludes?: string | false;
}

/** Finds the repository around a folder, if there is one, and reads the rules that stand outside the folder. */
export async function gitContext(folder: string, options: GitContextOptions): Promise<GitContext> {
  const top = await repositoryTop(folder);
  if (top === undefined) return { lists: [], prefix: '' };
  const below = relative(top.root, folder).replaceAll('\\', '/');
  const lists: RuleList[] = [];
  const excludes = options.globalExcludes ?? (await globalExcludesFile(folder));
  const outside = [excludes === false ? undefined : excludes, await infoExclude(top.git)];
  for (const path of outside) {
    const text = path === undefined ? undefined : await readRuleFile(path, true).catch(() => undefined);
    if (path !== undefined && text !== undefined) {
      lists.push(parseRules(text, { source: path, base: '', fold: options.fold }));
    }
  }
  const parts = below === '' ? [] : below.split('/');
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const at = parts.slice(0, depth).join('/');
    const own = depth === parts.length;
    if (depth > 0) {
      const match = lastMatch(lists, byteString(at), true);
      if (match !== undefined && !match.rule.negative) {
        return { lists: [], prefix: ruleBase(below), droppedBecause: `${match.list.source}:${match.rule.line}` };
      }
    }
    if (own) break;
    const files = await readIgnoreFiles({ root: top.root, relative: at, base: ruleBase(at) }, options.fold);
    lists.push(...files.lists);
  }
  return { lists, prefix: ruleBase(below) };
}

async function repositoryTop(folder: string): Promise<{ root: string; git: string } | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const git = join(at, '.git');
    const stat = await lstat(git).catch(() => undefined);
    if (stat?.isDirectory()) return { root: at, git };
    if (stat?.isFile()) {
      // A worktree or submodule: the file names the real directory, whose `commondir` holds what is shared.
      const line = /^gitdir: (.*)$/m.exec(await readFile(git, 'utf8').catch(() => ''))?.[1];
      if (line !== undefined) return { root: at, git: resolve(at, line.trim()) };
    }
    if (dirname(at) === at) return undefined;
  }
}

async function infoExclude(git: string): Promise<string> {
  const common = await readFile(join(git, 'commondir'), 'utf8').catch(() => undefined);
  return join(common === undefined ? git : resolve(git, common.trim()), 'info', 'exclude');
}

async function globalExcludesFile(folder: string): Promise<string> {
  try {
    const args = ['-C', folder, 'config', '--type=path', '--get', 'core.excludesFile'];
    const { stdout } = await promisify(execFile)('git', args, { timeout: 5000, encoding: 'utf8' });
    const path = stdout.replace(/\n$/, '');
    if (path !== '') return resolve(folder, path);
  } catch {
    // No git, or no such setting: git's own default follows.
  }
  const config = process.env.XDG_CONFIG_HOME;
  return join(config === undefined || config === '' ? join(homedir(), '.config') : config, 'git', 'ignore');
}
