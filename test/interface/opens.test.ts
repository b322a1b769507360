import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type EditorWindow, openWindow } from '../harness/browser.ts';
import { type Editor, startEditor } from '../harness/editor.ts';
import { type TemporaryFolder, temporaryFolder, temporaryHome } from '../harness/home.ts';
import { root } from '../harness/paths.ts';

let home: TemporaryFolder;
let folder: TemporaryFolder;
let editor: Editor;
let window: EditorWindow;

before(async () => {
  home = temporaryHome();
  folder = temporaryFolder('workspace');
  cpSync(path.join(root, 'test', 'fixtures', 'training'), folder.path, { recursive: true });
  editor = await startEditor({ folder: folder.path, home: home.path, vsix: process.env.TRAINYARD_TEST_VSIX });
  window = await openWindow(editor);
});

after(async () => {
  await window?.close();
  await editor?.stop();
  await folder?.dispose();
  await home?.dispose();
});

test('the window shows the folder and is drawn in each theme', async () => {
  await window.openFile('train.py');
  await window.page.locator('.view-line', { hasText: 'trainyard.log' }).first().waitFor();
  for (const theme of ['dark', 'light', 'high-contrast', 'high-contrast-light'] as const) {
    await window.screenshot('opens', theme);
  }
});

test('a killed extension host comes back', async () => {
  const [first] = editor.extensionHosts();
  assert.ok(first, 'no extension host runs');
  editor.killExtensionHosts();
  while (editor.extensionHosts().includes(first) || editor.extensionHosts().length === 0) {
    await window.page.waitForTimeout(50);
  }
});

test('a reloaded window has the changed settings', async () => {
  await window.changeSettings({ 'workbench.statusBar.visible': false });
  await window.page.locator('.monaco-workbench .statusbar').waitFor({ state: 'hidden' });
});
