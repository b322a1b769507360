import { applyEdits, modify, type ParseError, parse, parseTree } from 'jsonc-parser';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import { isConfigurationFile } from '../../shared/folderFiles.ts';

const header = '// How Trainyard runs this. What can stand here: completion (Ctrl+Space) and hover say it.\n';

/** The text of a new configuration file. */
export function newConfigurationText(configuration: RunConfiguration): string {
  return `${header}${JSON.stringify(configuration, undefined, 2)}\n`;
}

/** Reads the text as far as it can be read; undefined when it is no object with a script. */
export function readConfiguration(text: string): RunConfiguration | undefined {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  if (typeof value !== 'object' || value === null) return undefined;
  const script: unknown = (value as { script?: unknown }).script;
  return typeof script === 'string' && script !== '' ? (value as RunConfiguration) : undefined;
}

/** Changes one value and keeps comments, order and layout; undefined removes the key. */
export function editConfiguration(text: string, path: readonly string[], value: unknown): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  // A new key goes to the end, unless a comment there belongs to the last one: it would follow the new key.
  const getInsertionIndex = (keys: string[]) => (commentAtEnd(text) ? 0 : keys.length);
  return applyEdits(text, modify(text, [...path], value, { formattingOptions, getInsertionIndex }));
}

function commentAtEnd(text: string): boolean {
  const last = parseTree(text, [], { allowTrailingComma: true })?.children?.at(-1);
  if (!last) return false;
  const end = last.offset + last.length;
  return /^\s*,?[^\S\n]*\/[/*]/.test(text.slice(end, text.indexOf('\n', end) + 1 || undefined));
}

/** Name of a configuration for a script: its file name, made to a plain word, and not taken yet, in whatever case. */
export function configurationName(script: string, taken: readonly string[]): string {
  const stem = (script.split('/').pop() ?? '').replace(/\.[^.]*$/, '');
  const plain = stem.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, '') || 'run';
  for (let number = 1; ; number++) {
    const name = number === 1 ? plain : `${plain}-${number}`;
    const isTaken = taken.some((other) => other.toLowerCase() === name.toLowerCase());
    if (!isTaken && isConfigurationFile(`${name}.json`)) return name;
  }
}
