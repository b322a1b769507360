/** A tree item as plain data: everything that is shown, nothing of the editor's API, so that it is compared in tests. */
export interface ItemText {
  readonly label: string;
  readonly description?: string;
  /** Markdown; names in it are escaped already. */
  readonly tooltip?: string;
  /** Codicon, such as `pass` or `loading~spin`. */
  readonly icon: string;
  /** Theme colour of the icon. */
  readonly color?: string;
  readonly context: string;
  readonly expandable?: 'collapsed' | 'expanded';
  /** What a screen reader says instead of label and description. */
  readonly spoken?: string;
  readonly checked?: boolean;
}

/** Text of others inside our Markdown: inert, whatever it holds. Line breaks become blanks. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '�')
    .replace(/[\\`*_{}[\]()#+\-.!|<>~$&:@/"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text of others in a message: without links, which the editor would find in it and follow, commands included. */
export function inert(text: string): string {
  return text.replaceAll('](', ']\u200a(');
}

/** Text of others in a label: one line, no control or direction characters, not endless. */
export function oneLine(text: string, longest = 120): string {
  const clean = inert(text)
    .replace(/[\r\n\t\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Bidi_Control}]/gu, '�')
    // `$(name)` would be drawn as an icon in quick picks and in the status bar.
    .replace(/\$\(/g, '$\u200a(');
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}

/** Lines of `name: value` as a Markdown table without a head. Both are escaped here. */
export function markdownTable(rows: readonly (readonly [string, string | undefined])[]): string {
  const given = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '');
  if (given.length === 0) return '';
  return [
    '| | |',
    '|:--|:--|',
    ...given.map(([name, value]) => `| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`),
  ].join('\n');
}
