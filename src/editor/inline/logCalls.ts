import { pythonTokens, type Token } from './pythonTokens.ts';

/** A place in a script that logs metrics. */
export interface LogCall {
  /** Offsets of the call in the text, its closing bracket included. */
  readonly offset: number;
  readonly end: number;
  /** Names of metrics as they stand in the source, in order. */
  readonly keys: readonly string[];
}

/** Arguments of `trainyard.log` that name no metric. */
const notMetrics = new Set(['step']);
/** In UTF-16 units; what is shorter is read in less than 0.1 s. */
const longestScript = 300_000;
const opening = '([{';
const closing = ')]}';

/**
 * Finds the calls of `trainyard.log` in a Python script, in its usual spellings: by keyword, by a dict literal (nested
 * ones join their names with `/`), by a name and a value; under any alias of the module or of the function; over any
 * number of lines. Nothing is executed, so names that are computed are not known and left out.
 */
export function findLogCalls(text: string): LogCall[] {
  // A generated file of megabytes is no script that somebody edits, and would be read again at each pause in typing.
  if (text.length > longestScript || !text.includes('trainyard')) return [];
  const tokens = pythonTokens(text);
  const { modules, functions } = aliases(tokens);
  const calls: LogCall[] = [];
  const significant = tokens.filter(({ kind }) => kind !== 'newline');
  for (let index = 0; index < significant.length; index++) {
    const open = openingOfCall(significant, index, modules, functions);
    if (open === undefined) continue;
    const close = closingOf(significant, open);
    const args = split(significant.slice(open + 1, close));
    const keys = [...new Set(args.flatMap((argument, position) => keysOf(argument, position, args.length)))];
    const [start, end] = [significant[index], significant[close]];
    if (keys.length > 0 && start && end) calls.push({ offset: start.offset, end: end.end, keys });
  }
  return calls;
}

/** Index of the bracket that opens a call of ours beginning at `index`. */
function openingOfCall(
  tokens: readonly Token[],
  index: number,
  modules: ReadonlySet<string>,
  functions: ReadonlySet<string>,
): number | undefined {
  const is = (offset: number, text: string) => tokens[index + offset]?.text === text;
  const token = tokens[index];
  if (token?.kind !== 'name' || is(-1, '.') || is(-1, 'def')) return undefined;
  if (modules.has(token.text) && is(1, '.') && is(2, 'log') && is(3, '(')) return index + 3;
  return functions.has(token.text) && is(1, '(') ? index + 1 : undefined;
}

/** What the module and its `log` are called in this file, by its import statements. */
function aliases(tokens: readonly Token[]): { modules: Set<string>; functions: Set<string> } {
  const modules = new Set<string>();
  const functions = new Set<string>();
  for (let index = 0; index < tokens.length; index++) {
    const text = tokens[index]?.text;
    if (tokens[index]?.kind !== 'name') continue;
    if (text === 'from' && tokens[index + 1]?.text === 'trainyard' && tokens[index + 2]?.text === 'import') {
      for (const [name, alias] of imported(tokens, index + 3)) if (name === 'log') functions.add(alias);
    } else if (text === 'import') {
      for (const [name, alias] of imported(tokens, index + 1)) if (name === 'trainyard') modules.add(alias);
    }
  }
  return { modules, functions };
}

/** `a, b as c` and the same in brackets; ends at the line's end. */
function imported(tokens: readonly Token[], from: number): [name: string, alias: string][] {
  const names: [string, string][] = [];
  const bracketed = tokens[from]?.text === '(';
  for (let index = bracketed ? from + 1 : from; index < tokens.length; index++) {
    const token = tokens[index];
    if (!token || token.text === ')' || (token.kind === 'newline' && !bracketed)) break;
    if (token.kind !== 'name' || token.text === 'import') continue;
    if (tokens[index + 1]?.text === 'as' && tokens[index + 2]) {
      names.push([token.text, tokens[index + 2]?.text ?? '']);
      index += 2;
    } else names.push([token.text, token.text]);
  }
  return names;
}

/** The bracket that closes the one at `open`; the last token while it is still being written. */
function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    const token = tokens[index];
    if (token?.kind !== 'other') continue;
    if (opening.includes(token.text)) depth++;
    else if (closing.includes(token.text) && --depth === 0) return index;
  }
  return tokens.length - 1;
}

/** Divides at the commas that stand at the top level. */
function split(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [];
  let part: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'other' && opening.includes(token.text)) depth++;
    if (token.kind === 'other' && closing.includes(token.text)) depth--;
    if (depth === 0 && token.kind === 'other' && token.text === ',') {
      parts.push(part);
      part = [];
    } else part.push(token);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

function keysOf(argument: readonly Token[], position: number, count: number): string[] {
  const [first, second, third] = argument;
  if (!first) return [];
  if (first.kind === 'name' && second?.text === '=' && third?.text !== '=') {
    return notMetrics.has(first.text) ? [] : [first.text];
  }
  if (first.text === '{') return dictKeys(argument);
  if (first.text === '*' && second?.text === '*' && third?.text === '{') return dictKeys(argument.slice(2));
  if (first.text === 'dict' && second?.text === '(')
    return split(argument.slice(2, -1)).flatMap((part) => keysOf(part, 1, 1));
  const named = position === 0 && count > 1 && argument.length === 1;
  return named && first.kind === 'string' && first.plain ? [first.text] : [];
}

/** Keys of a dict literal; a nested literal's keys are joined to its own by `/`, as the helper does. */
function dictKeys(tokens: readonly Token[]): string[] {
  return split(tokens.slice(1, -1)).flatMap(([key, colon, value, ...rest]) => {
    if (key?.kind !== 'string' || !key.plain || colon?.text !== ':') return [];
    if (value?.text !== '{') return [key.text];
    return dictKeys([value, ...rest]).map((inner) => `${key.text}/${inner}`);
  });
}
