/**
 * Whether a path (relative, `/` between parts) fits one of the patterns: `*` and `?` within a part, `**` over parts,
 * `{a,b}`, `[a-z]`; a pattern without a slash fits a name at any depth; one that begins with `!` takes away again.
 */
export function matchesAny(file: string, patterns: readonly string[]): boolean {
  let fits = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) fits &&= !toRegExp(pattern.slice(1)).test(file);
    else fits ||= toRegExp(pattern).test(file);
  }
  return fits;
}

function toRegExp(pattern: string): RegExp {
  const plain = pattern.replace(/^\.?\//, '');
  const anywhere = !pattern.includes('/');
  let body = '';
  let braces = 0;
  for (let at = 0; at < plain.length; at++) {
    const character = plain[at] ?? '';
    if (plain.startsWith('**/', at)) {
      body += '(?:.*/)?';
      at += 2;
    } else if (plain.startsWith('**', at)) {
      body += '.*';
      at += 1;
    } else if (character === '*') body += '[^/]*';
    else if (character === '?') body += '[^/]';
    else if (character === '{') {
      body += '(?:';
      braces++;
    } else if (character === '}' && braces > 0) {
      body += ')';
      braces--;
    } else if (character === ',' && braces > 0) body += '|';
    else if (character === '[' && plain.indexOf(']', at) > at) {
      const end = plain.indexOf(']', at);
      body += `[${plain
        .slice(at + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`;
      at = end;
    } else body += character.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  }
  try {
    if (braces === 0) return new RegExp(`^${anywhere ? '(?:.*/)?' : ''}${body}$`, 'u');
  } catch {
    // A range such as [z-a]; like an open brace, it is plain text after all.
  }
  return new RegExp(`^${plain.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')}$`, 'u');
}
