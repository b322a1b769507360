import { existsSync } from 'node:fs';
import path from 'node:path';
import type * as vscode from 'vscode';

/**
 * Offers the command line to the integrated terminal: its folder is put before PATH, and the editor's own program runs
 * it where there is no other Node. The values stay the same from window to window, since a change would put a warning
 * on every open terminal.
 */
export function offerCommandLine(extension: vscode.ExtensionContext): void {
  const bin = path.join(extension.extensionPath, 'bin');
  const variables = extension.environmentVariableCollection;
  if (!existsSync(bin)) {
    variables.clear();
    return;
  }
  variables.description = 'The command `trainyard`';
  variables.prepend('PATH', bin + path.delimiter);
  variables.replace('TRAINYARD_NODE', process.execPath);
}
