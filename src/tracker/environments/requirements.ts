import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Problem } from '../../shared/api/error.ts';

/** What decides whether an environment that exists can be used again. */
export interface EnvironmentKey {
  /** Everything that the requirements files say, those that they include as well. */
  readonly requirements: string;
  /** Such as `cpython 3.11.7 64`. */
  readonly python: string;
  /** Such as `linux x64`. */
  readonly platform: string;
}

const INCLUDE = /^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S.*?)\s*$/;
/** Something on this machine rather than in an index: what it is depends on where the file lies. */
const LOCAL = /^\s*(?:-e\b|--editable\b|\.{1,2}[\\/]|\.\s*$|file:|[\w-]+\s*@\s*file:|\/)/;

/**
 * The text of a requirements file without comments and blank lines, with what it includes put in its place.
 * @throws Problem `invalid` for an included file that cannot be read.
 */
export function requirementsText(file: string, seen: readonly string[] = []): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const by = seen.at(-1);
    throw new Problem(
      'invalid',
      `The requirements file ${file} cannot be read${by === undefined ? '' : `; ${by} includes it`}.`,
      {
        hint: 'Correct its path, or check its permissions.',
        cause,
      },
    );
  }
  const lines: string[] = [];
  for (const raw of text.replaceAll('\\\n', ' ').split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    if (line === '') continue;
    const included = INCLUDE.exec(line)?.[1];
    if (included === undefined || /^https?:/.test(included)) {
      lines.push(LOCAL.test(line) ? `${line} in ${path.dirname(file)}` : line);
      continue;
    }
    const target = path.resolve(path.dirname(file), included.replace(/^["']|["']$/g, ''));
    // A file that includes itself is pip's to complain about.
    if (target === file || seen.includes(target)) continue;
    lines.push(`${line.trim().split(/[\s=]/)[0]} [`, requirementsText(target, [...seen, file]), ']');
  }
  return lines.join('\n');
}

export function environmentHash(key: EnvironmentKey): string {
  return createHash('sha256')
    .update(JSON.stringify([1, key.requirements, key.python, key.platform]))
    .digest('hex')
    .slice(0, 24);
}
