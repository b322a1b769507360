import assert from 'node:assert/strict';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';

const found = () => vscode.extensions.getExtension('trainyard.trainyard');

suite('the extension', () => {
  test('is there and activates', async () => {
    const extension = found();
    assert.ok(extension, 'trainyard.trainyard is not installed');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  test('registers every command of its manifest', async () => {
    const extension = found();
    await extension?.activate();
    const contributed: { command: string }[] = extension?.packageJSON.contributes?.commands ?? [];
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributed.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
  });

  test('opens the folder that it was given', () => {
    assert.equal(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath, process.env.TRAINYARD_TEST_WORKSPACE);
  });
});
