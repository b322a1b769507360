import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openWindow } from '../harness/browser.ts';
import { startEditor } from '../harness/editor.ts';
import { temporaryFolder, temporaryHome } from '../harness/home.ts';
import { root } from '../harness/paths.ts';
import { pageOf } from './pageOf.ts';
import { trackerOf } from './trackerOf.ts';

const vsix = process.env.TRAINYARD_TEST_VSIX;

test('in a folder that is not trusted everything can be seen and nothing can be started', async () => {
  await using home = temporaryHome();
  await using folder = temporaryFolder('trust');
  mkdirSync(path.join(folder.path, '.trainyard'));
  writeFileSync(path.join(folder.path, 'train.sh'), 'echo trained\n');
  writeFileSync(
    path.join(folder.path, '.trainyard', 'train.json'),
    '{ "script": "train.sh", "name": "seen", "onSave": { "enabled": true } }',
  );
  await using editor = await startEditor({
    folder: folder.path,
    home: home.path,
    vsix,
    developmentPath: vsix ? undefined : root,
    trust: 'ask',
    settings: { 'security.workspace.trust.startupPrompt': 'never' },
  });
  await using window = await openWindow(editor);
  try {
    await window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await window.openContainer('Trainyard');
    const client = await trackerOf(home.path);
    const params = { workspace: 'default' };
    const body = { folder: folder.path, configuration: { script: 'train.sh', name: 'seen' } };
    await client.call('runs.submit', { params, body });
    await window.treeItem('Runs', 'seen').waitFor();
    await window.treeItem('Runs', 'seen').click();
    // Drawn, and not only opened: a webview that is still loading swallows the keys that come next.
    await (await pageOf(window, 'seen')).locator('.page-header').waitFor();

    await window.openFile('train.sh');
    await window.command('Trainyard: Train');
    const refused = window.notification('This folder is not trusted, so nothing in it is started.');
    await refused.waitFor();
    await window.screenshot('trust-refused');
    await refused.getByRole('button', { name: 'Manage workspace trust' }).waitFor();
    await window.page.keyboard.press('Control+S');
    const { runs } = await client.call('runs.list', { params, query: {} });
    assert.equal(runs.length, 1);
  } catch (error) {
    await window.screenshot('trust-failed');
    throw error;
  }
});
