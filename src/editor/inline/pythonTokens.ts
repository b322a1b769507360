/** A piece of Python source. Comments and blanks are left out; a string's `text` is its content where that is plain. */
export interface Token {
  readonly kind: 'name' | 'string' | 'other' | 'newline';
  readonly text: string;
  readonly offset: number;
  readonly end: number;
  /** False for f-strings and for strings whose content an escape decides: their value is not known without running. */
  readonly plain: boolean;
}

const name = /[\p{L}_][\p{L}\p{N}_]*/uy;
const string =
  /([rbuf]{0,2})("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:[^"\\\n]|\\[\s\S])*(?:"|(?=\n)|$)|'(?:[^'\\\n]|\\[\s\S])*(?:'|(?=\n)|$))/iy;

/**
 * Splits Python source into tokens without understanding it: enough to know what is a string or a comment and where
 * brackets close. Tolerant: half-written source, which is what an editor holds most of the time, gives what it has.
 */
export function pythonTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], content: string, length: number, plain = true) => {
    tokens.push({ kind, text: content, offset: at, end: at + length, plain });
    at += length;
  };
  while (at < text.length) {
    const character = text[at] ?? '';
    if (character === '#') at = endOfLine(text, at);
    else if (character === '\n') push('newline', '\n', 1);
    else if (/\s|\\/.test(character)) at++;
    else {
      const quoted = match(string, text, at);
      if (quoted) {
        const [whole, prefix = '', body = ''] = quoted;
        const quotes = body.startsWith('"""') || body.startsWith("'''") ? 3 : 1;
        const content = body.slice(quotes, body.length - quotes);
        push('string', content, whole.length, !/f/i.test(prefix) && (!content.includes('\\') || /r/i.test(prefix)));
        continue;
      }
      const word = match(name, text, at);
      if (word) push('name', word[0], word[0].length);
      else push('other', character, 1);
    }
  }
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}
