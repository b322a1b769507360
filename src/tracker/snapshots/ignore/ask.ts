import { byteString } from '../pathBytes.ts';
import { defaultRules, isSecretName } from './builtin.ts';
import { readIgnoreFiles, ruleBase } from './files.ts';
import { gitContext } from './gitContext.ts';
import { lastMatch, type RuleList } from './rules.ts';

/** Why one path is left out (`.gitignore:3`, `built-in`, `secrets`, `git`), or undefined if it is kept. */
export async function whyIgnored(
  root: string,
  path: string,
  isDirectory: boolean,
  options: { fold: boolean; globalExcludes?: string | false },
): Promise<string | undefined> {
  const outside = await gitContext(root, options);
  let lists: RuleList[] = [defaultRules(options.fold), ...outside.lists];
  const parts = path.split('/');
  for (const [depth, name] of parts.entries()) {
    const parent = parts.slice(0, depth).join('/');
    const base = outside.prefix + ruleBase(parent);
    lists = [...lists, ...(await readIgnoreFiles({ root, relative: parent, base }, options.fold)).lists];
    if (name === '.git') return 'git';
    if (isSecretName(name)) return 'secrets';
    const at = outside.prefix + byteString(parts.slice(0, depth + 1).join('/'));
    const match = lastMatch(lists, at, depth < parts.length - 1 || isDirectory);
    if (match !== undefined && !match.rule.negative) return `${match.list.source}:${match.rule.line}`;
  }
  return undefined;
}
