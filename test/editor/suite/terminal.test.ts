import assert from 'node:assert/strict';
import { suite, suiteSetup, test } from 'mocha';
import * as vscode from 'vscode';
import type { Parts } from '../../../src/editor/parts.ts';
import { extensionParts, until, workspaceFile } from './parts.ts';

suite('the integrated terminal', () => {
  let parts: Parts;

  suiteSetup(async () => {
    parts = await extensionParts();
  });

  test('finds the command line on its path', async () => {
    await printed('trainyard --version', /^\d+\.\d+\.\d+/);
  });

  test('opened as a tracked one, knows the tracker and its workspace', async () => {
    await parts.state.workspaces.get();
    const opened = new Promise<vscode.Terminal>((resolve) => {
      const listener = vscode.window.onDidOpenTerminal((terminal) => {
        listener.dispose();
        resolve(terminal);
      });
    });
    await vscode.commands.executeCommand('trainyard.openTrackedTerminal');
    await printed(
      `python3 -c "import os, trainyard; print(os.environ['TRAINYARD_WORKSPACE'], trainyard.__name__)"`,
      /^main trainyard/,
      await opened,
    );
  });
});

/** Runs a line in a terminal and waits until what it prints is so. */
async function printed(line: string, wanted: RegExp, given?: vscode.Terminal): Promise<void> {
  const out = workspaceFile(`printed-${Date.now()}.txt`);
  const terminal = given ?? vscode.window.createTerminal({ name: 'test', shellPath: '/bin/sh' });
  try {
    terminal.sendText(`${line} >'${out.fsPath}' 2>&1; echo done >>'${out.fsPath}'`);
    const text = await until(async () => {
      const now = await Promise.resolve(vscode.workspace.fs.readFile(out)).catch(() => new Uint8Array());
      const read = new TextDecoder().decode(now);
      return read.endsWith('done\n') ? read : undefined;
    });
    assert.match(text, wanted);
  } finally {
    terminal.dispose();
    await Promise.resolve(vscode.workspace.fs.delete(out)).catch(() => undefined);
  }
}
