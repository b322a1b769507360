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
