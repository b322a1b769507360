import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errno } from '../errors.ts';
import { byteString, nativePath } from '../pathBytes.ts';
import type { RuleList } from './rules.ts';
import { parseRules } from './rules.ts';

/** The ignore files of a directory, weakest first; a later one wins over an earlier one of the same directory. */
export const IGNORE_FILES = ['.gitignore', '.amlignore', '.trainyardignore'] as const;

// git's own bound (PATTERN_MAX_FILE_SIZE): what is larger is not an ignore file.
const LARGEST = 100 * 1024 * 1024;

export interface IgnoreFileProblem {
  path: string;
  code: string;
}

/**
 * Reads the ignore files that are present in a directory.
 * `base` is the directory for the rules (byte string, with its slash), `relative` the same directory below `root`.
 */
export async function readIgnoreFiles(
  place: { root: string; relative: string; base: string; names?: ReadonlySet<string> },
  fold: boolean,
): Promise<{ lists: RuleList[]; problems: IgnoreFileProblem[] }> {
  const lists: RuleList[] = [];
  const problems: IgnoreFileProblem[] = [];
  for (const name of IGNORE_FILES) {
    if (place.names !== undefined && !place.names.has(name)) continue;
    const path = place.relative === '' ? name : `${place.relative}/${name}`;
    try {
      const text = await readRuleFile(nativePath(place.root, path), false);
      if (text !== undefined) lists.push(parseRules(text, { source: path, base: place.base, fold }));
    } catch (error) {
      problems.push({ path, code: errno(error) || 'EIO' });
    }
  }
  return { lists, problems };
}

/**
 * The bytes of a rule file as latin1, or undefined where there is none. In a working tree git follows no symbolic link
 * to an ignore file, since the tree could then read any file of the machine; `follow` is for files outside the tree.
 */
export async function readRuleFile(path: string | Buffer, follow: boolean): Promise<string | undefined> {
  const noFollow = follow ? 0 : (constants.O_NOFOLLOW ?? 0);
  try {
    // Not blocking, so that a pipe of that name cannot hold us.
    const file = await open(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > LARGEST) return undefined;
      return (await file.readFile()).toString('latin1');
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errno(error);
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'EISDIR' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The byte string of a relative directory as a rule base: '' or with a slash at its end. */
export function ruleBase(relative: string): string {
  return relative === '' ? '' : `${byteString(relative)}/`;
}
