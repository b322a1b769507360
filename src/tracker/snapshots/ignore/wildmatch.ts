// Shell patterns as git reads them (gitignore(5), git's t/t3070-wildmatch.sh), on byte strings. A pattern becomes a list
// of tokens and matching moves a set of positions along the text, so that the time is at most tokens × length: a hostile
// `*a*a*a*a*` cannot hang the tracker as backtracking would.

/** One literal byte, one set of bytes, or a run. */
type Token = number | Uint8Array;

const STAR = -1; // any run without a slash
const GLOBSTAR = -2; // any run
const DIRECTORIES = -3; // nothing, or any run that ends in a slash

const SLASH = 0x2f;
const BACKSLASH = 0x5c;

export interface WildmatchOptions {
  /** `*`, `?` and `[…]` stop at a slash and `**` does not. Without it every star matches everything. */
  pathname: boolean;
  /** ASCII letters match in either case (git's core.ignoreCase). */
  fold: boolean;
}

/** A matcher for the pattern, or undefined for one that git lets match nothing (an open bracket, a last backslash). */
export function compileWildmatch(pattern: string, options: WildmatchOptions): ((text: string) => boolean) | undefined {
  const tokens = tokenise(pattern, options);
  if (tokens === undefined) return undefined;
  const last = tokens.at(-1);
  return (text) => {
    const subject = options.fold ? foldCase(text) : text;
    if (typeof last === 'number' && last >= 0 && subject.charCodeAt(subject.length - 1) !== last) return false;
    return matches(tokens, subject);
  };
}

/** Lower-cases ASCII only, as git does. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

function tokenise(pattern: string, options: WildmatchOptions): Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  while (at < pattern.length) {
    const code = pattern.charCodeAt(at);
    if (code === BACKSLASH) {
      if (at + 1 >= pattern.length) return undefined;
      // git compares an escaped letter as it stands with text that it has folded; so do we.
      tokens.push(pattern.charCodeAt(at + 1));
      at += 2;
    } else if (pattern[at] === '*') {
      at = pushStars(pattern, at, tokens, options);
    } else if (pattern[at] === '?') {
      tokens.push(anyByte(options.pathname));
      at += 1;
    } else if (pattern[at] === '[') {
      const set = parseSet(pattern, at, options);
      if (set === undefined) return undefined;
      tokens.push(set.table);
      at = set.end;
    } else {
      tokens.push(options.fold ? foldCase(pattern.charAt(at)).charCodeAt(0) : code);
      at += 1;
    }
  }
  return tokens;
}

function pushStars(pattern: string, start: number, tokens: Token[], options: WildmatchOptions): number {
  let end = start;
  while (pattern[end] === '*') end += 1;
  const fillsItsPart =
    end - start > 1 &&
    (start === 0 || pattern[start - 1] === '/') &&
    (end === pattern.length || pattern[end] === '/' || pattern.startsWith('\\/', end));
  if (!options.pathname) tokens.push(GLOBSTAR);
  else if (!fillsItsPart) tokens.push(STAR);
  else if (pattern[end] === '/') {
    tokens.push(DIRECTORIES);
    return end + 1;
  } else tokens.push(GLOBSTAR);
  return end;
}

function anyByte(pathname: boolean): Uint8Array {
  const table = new Uint8Array(256).fill(1);
  if (pathname) table[SLASH] = 0;
  return table;
}

const CLASSES: Record<string, (code: number) => boolean> = {
  alnum: (c) => isDigit(c) || isUpper(c) || isLower(c),
  alpha: (c) => isUpper(c) || isLower(c),
  blank: (c) => c === 0x20 || c === 0x09,
  cntrl: (c) => c < 0x20 || c === 0x7f,
  digit: isDigit,
  graph: (c) => c > 0x20 && c < 0x7f,
  lower: isLower,
  print: (c) => c >= 0x20 && c < 0x7f,
  punct: (c) => c > 0x20 && c < 0x7f && !isDigit(c) && !isUpper(c) && !isLower(c),
  space: (c) => c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d,
  upper: isUpper,
  xdigit: (c) => isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66),
};

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
function isUpper(c: number): boolean {
  return c >= 0x41 && c <= 0x5a;
}
function isLower(c: number): boolean {
  return c >= 0x61 && c <= 0x7a;
}

/** Reads `[…]` at `start`; undefined where it never ends or names an unknown class. */
function parseSet(
  pattern: string,
  start: number,
  options: WildmatchOptions,
): { table: Uint8Array; end: number } | undefined {
  let at = start + 1;
  const negated = pattern[at] === '!' || pattern[at] === '^';
  if (negated) at += 1;
  const table = new Uint8Array(256);
  let previous = -1; // where a range could start
  // The first member is taken even if it is `]`.
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    if (at >= pattern.length) return undefined;
    if (pattern[at] === '-' && previous > 0 && at + 1 < pattern.length && pattern[at + 1] !== ']') {
      at += pattern[at + 1] === '\\' ? 2 : 1;
      if (at >= pattern.length) return undefined;
      addRange(table, previous, pattern.charCodeAt(at), options.fold);
      previous = -1;
    } else if (pattern.startsWith('[:', at)) {
      const close = pattern.indexOf(']', at + 2);
      if (close === -1) return undefined;
      if (close - 1 < at + 2 || pattern[close - 1] !== ':') {
        table[0x5b] = 1;
        previous = 0x5b;
      } else {
        const name = pattern.slice(at + 2, close - 1);
        const test = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
        if (test === undefined) return undefined;
        const folded = options.fold && name === 'upper';
        for (let code = 0; code < 256; code += 1) if (test(code) || (folded && isLower(code))) table[code] = 1;
        previous = -1;
        at = close;
      }
    } else {
      if (pattern[at] === '\\') at += 1;
      if (at >= pattern.length) return undefined;
      previous = pattern.charCodeAt(at);
      table[previous] = 1;
    }
    at += 1;
  }
  if (negated) for (let code = 0; code < 256; code += 1) table[code] = table[code] === 1 ? 0 : 1;
  if (options.pathname) table[SLASH] = 0;
  return { table, end: at + 1 };
}

function addRange(table: Uint8Array, from: number, to: number, fold: boolean): void {
  for (let code = from; code <= to; code += 1) {
    table[code] = 1;
    if (fold && isUpper(code)) table[code + 0x20] = 1;
  }
}

function matches(tokens: readonly Token[], text: string): boolean {
  const length = text.length;
  let here = new Uint8Array(length + 1);
  let next = new Uint8Array(length + 1);
  here[0] = 1;
  for (const token of tokens) {
    next.fill(0);
    if (!advance(token, text, here, next)) return false;
    [here, next] = [next, here];
  }
  return here[length] === 1;
}

/** Moves the reachable positions over one token; false when none is left. */
function advance(token: Token, text: string, here: Uint8Array, next: Uint8Array): boolean {
  let alive = false;
  let open = false; // a run that started at an earlier position
  for (let at = 0; at <= text.length; at += 1) {
    if (typeof token === 'object' || token >= 0) {
      if (at === text.length || here[at] === 0) continue;
      const code = text.charCodeAt(at);
      if (typeof token === 'number' ? token === code : token[code] === 1) {
        next[at + 1] = 1;
        alive = true;
      }
      continue;
    }
    if (token === DIRECTORIES) {
      if (here[at] === 1 || (open && text.charCodeAt(at - 1) === SLASH)) next[at] = 1;
      if (here[at] === 1) open = true;
    } else {
      if (here[at] === 1) open = true;
      if (open) next[at] = 1;
      if (token === STAR && text.charCodeAt(at) === SLASH) open = false;
    }
    if (next[at] === 1) alive = true;
  }
  return alive;
}
