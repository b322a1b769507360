import * as vscode from 'vscode';

/** Asks for a name; undefined when left, or when it stayed the same. */
export async function askName(title: string, value: string, placeHolder?: string): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title,
    value,
    ...(placeHolder === undefined ? {} : { placeHolder }),
    validateInput: (text) => (text.trim() === '' ? 'A name is needed.' : undefined),
  });
  const trimmed = name?.trim();
  return trimmed === undefined || trimmed === value ? undefined : trimmed;
}

/** A modal question, for what cannot be taken back. */
export async function confirm(message: string, detail: string, verb: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, verb)) === verb;
}

export function tagsText(tags: Readonly<Record<string, string>>): string {
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
