/** Tags in one line, as they are edited: `baseline, seed=3`. */
export function commandTagsText(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([key, value]) => (value === '' || value === 'true' ? key : `${key}=${value}`))
    .join(', ');
}

/** `baseline, seed=3` as a change of tags: what is not named any more is removed (an empty value). */
export function parseTags(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const tags: Record<string, string> = Object.fromEntries(Object.keys(before).map((key) => [key, '']));
  for (const part of text.split(',')) {
    const [key = '', ...value] = part.split('=');
    if (key.trim() !== '') tags[key.trim()] = value.length === 0 ? 'true' : value.join('=').trim();
  }
  return tags;
}
