import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Parts } from '../../../src/editor/parts.ts';

/** The parts of the running extension, which it exports for this. */
export async function extensionParts(): Promise<Parts> {
  const extension = vscode.extensions.getExtension<Parts>('trainyard.trainyard');
  assert.ok(extension, 'trainyard.trainyard is not installed');
  return extension.activate();
}

/** Waits until something is there; what never comes fails the test by Mocha's own limit. */
export async function until<T>(what: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const value = await what();
    if (value !== undefined && value !== false) return value;
    await sleep(50);
  }
}

export function workspaceFile(...parts: string[]): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, ...parts);
}

export async function write(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
