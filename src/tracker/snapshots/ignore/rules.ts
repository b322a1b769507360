import { compileWildmatch, foldCase } from './wildmatch.ts';

/** One line of an ignore file, ready to be asked. Paths and names are byte strings (one character per byte). */
export interface IgnoreRule {
  /** The line as it stands in the file, for showing. */
  pattern: string;
  line: number;
  negative: boolean;
  directoriesOnly: boolean;
  /** Asked with the path below the rule's own directory, and the last part of it. */
  matches(below: string, name: string): boolean;
}

/** The rules of one file, and the directory that they speak about. */
export interface RuleList {
  /** Where the rules came from, for showing: `src/.gitignore`, `built-in`. */
  source: string;
  /** The directory of the file as a byte string with a slash at its end; '' for the top. */
  base: string;
  rules: readonly IgnoreRule[];
}

export interface RuleMatch {
  list: RuleList;
  rule: IgnoreRule;
}

/** Reads the text of an ignore file (bytes as latin1). Follows gitignore(5): BOM, CRLF, comments, trailing spaces. */
export function parseRules(text: string, options: { source: string; base: string; fold: boolean }): RuleList {
  const body = text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text;
  const rules: IgnoreRule[] = [];
  body.split('\n').forEach((raw, index) => {
    if (raw === '' || raw.startsWith('#')) return;
    const line = trimTrailingSpaces(untilNul(raw.endsWith('\r') ? raw.slice(0, -1) : raw));
    const rule = parseRule(line, index + 1, options.fold);
    if (rule !== undefined) rules.push(rule);
  });
  return { source: options.source, base: options.base, rules };
}

/** The rule that decides about a path: the last one of the last list. Lists go from weakest to strongest. */
export function lastMatch(lists: readonly RuleList[], path: string, isDirectory: boolean): RuleMatch | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (let i = lists.length - 1; i >= 0; i -= 1) {
    const list = lists[i];
    if (list === undefined || list.rules.length === 0) continue;
    const below = path.slice(list.base.length);
    for (let j = list.rules.length - 1; j >= 0; j -= 1) {
      const rule = list.rules[j];
      if (rule === undefined || (rule.directoriesOnly && !isDirectory)) continue;
      if (rule.matches(below, name)) return { list, rule };
    }
  }
  return undefined;
}

function parseRule(line: string, number: number, fold: boolean): IgnoreRule | undefined {
  const negative = line.startsWith('!');
  let body = negative ? line.slice(1) : line;
  const directoriesOnly = body.endsWith('/');
  if (directoriesOnly) body = body.slice(0, -1);
  if (body === '') return undefined;
  const matches = body.includes('/') ? pathMatcher(body, fold) : nameMatcher(body, fold);
  if (matches === undefined) return undefined;
  return { pattern: line, line: number, negative, directoriesOnly, matches };
}

/** A pattern without a slash is asked about the last part of the path only. */
function nameMatcher(body: string, fold: boolean): IgnoreRule['matches'] | undefined {
  const folded = fold ? foldCase(body) : body;
  const of = fold ? foldCase : (text: string) => text;
  if (literalLength(body) === body.length) return (_below, name) => of(name) === folded;
  if (body.startsWith('*') && literalLength(body.slice(1)) === body.length - 1) {
    const tail = folded.slice(1);
    return (_below, name) => of(name).endsWith(tail);
  }
  const glob = compileWildmatch(body, { pathname: false, fold });
  return glob === undefined ? undefined : (_below, name) => glob(name);
}

/**
 * A pattern with a slash is anchored at the rule's directory. Its literal beginning is compared first and only the rest
 * is a glob, which is visible in git's answers: in `foo**` + `/bar` the stars stand at the start of the glob and cross slashes.
 */
function pathMatcher(body: string, fold: boolean): IgnoreRule['matches'] | undefined {
  const anchored = body.startsWith('/') ? body.slice(1) : body;
  const of = fold ? foldCase : (text: string) => text;
  const prefix = of(anchored.slice(0, literalLength(anchored)));
  const rest = anchored.slice(prefix.length);
  if (rest === '') return prefix === '' ? undefined : (below) => of(below) === prefix;
  const glob = compileWildmatch(rest, { pathname: true, fold });
  if (glob === undefined) return undefined;
  return (below) => of(below.slice(0, prefix.length)) === prefix && glob(below.slice(prefix.length));
}

function literalLength(pattern: string): number {
  const special = pattern.search(/[*?[\\]/);
  return special === -1 ? pattern.length : special;
}

/** Spaces at the end go unless a backslash quotes them; a lone backslash at the end stops the trimming. */
function trimTrailingSpaces(line: string): string {
  let cut = -1;
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === ' ') {
      if (cut === -1) cut = at;
      continue;
    }
    if (line[at] === '\\') {
      at += 1;
      if (at >= line.length) return line;
    }
    cut = -1;
  }
  return cut === -1 ? line : line.slice(0, cut);
}

function untilNul(line: string): string {
  const end = line.indexOf('\0');
  return end === -1 ? line : line.slice(0, end);
}
