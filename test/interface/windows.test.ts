import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { TrackerClient } from '../../src/client/trackerClient.ts';
import type { RunSummary } from '../../src/shared/domain/run.ts';
import { isActive } from '../../src/shared/runState.ts';
import { type EditorWindow, openWindow } from '../harness/browser.ts';
import { type Editor, startEditor } from '../harness/editor.ts';
import { type TemporaryFolder, temporaryFolder, temporaryHome } from '../harness/home.ts';
import { root } from '../harness/paths.ts';
import { pageOf } from './pageOf.ts';
import { eventually, trackerOf } from './trackerOf.ts';

/** What windows tell a person, ask them, and share: one editor for all, each test leaves it as it found it. */
const vsix = process.env.TRAINYARD_TEST_VSIX;
const params = { workspace: 'default' };

let home: TemporaryFolder;
let folder: TemporaryFolder;
let editor: Editor;
let window: EditorWindow;
let client: TrackerClient;

before(async () => {
  home = temporaryHome();
  folder = temporaryFolder('windows');
  cpSync(path.join(root, 'test', 'fixtures', 'training'), folder.path, { recursive: true });
  editor = await startEditor({
    folder: folder.path,
    home: home.path,
    vsix,
    developmentPath: vsix ? undefined : root,
    settings: { 'trainyard.train.openRunPage': false },
  });
  window = await openWindow(editor);
  await window.openContainer('Trainyard');
  client = await trackerOf(home.path);
});

after(async () => {
  await window?.close();
  await editor?.stop();
  await home?.dispose();
  await folder?.dispose();
});

/** Keeps a picture of what was to be seen when a test fails. */
function drawn(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    try {
      await body();
    } catch (error) {
      await window.screenshot('windows-failed');
      throw error;
    }
  });
}

drawn('a run that ends while its page is not to be seen is told, with its metric or its error', async () => {
  const good = await submit('good', 'import trainyard\ntrainyard.log(step=1, acc=0.75)\n');
  await window.notification(`${good.name} finished: acc 0.75`).waitFor();
  const bad = await submit('bad', 'raise ValueError("shapes do not match")\n');
  const told = window.notification('shapes do not match');
  await told.waitFor();
  await window.screenshot('windows-notification');
  await told.getByRole('button', { name: 'Open run' }).click();
  await pageOf(window, bad.name);
  await window.command('View: Close All Editors');
  await window.command('Notifications: Clear All Notifications');
});

drawn('before a first large snapshot its biggest files are shown, and one click ignores one', async () => {
  const big = path.join(folder.path, 'pretrained.bin');
  writeFileSync(big, '');
  truncateSync(big, 300 * 1024 * 1024);
  await window.openFile('train.py');
  await window.command('Trainyard: Train');
  await window.quickPick('Train train.py');
  await window.page.locator('.quick-input-title', { hasText: /The snapshot would hold .* 315 MB/ }).waitFor();
  const row = window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'pretrained.bin' });
  await row.hover();
  await window.screenshot('windows-large-snapshot');
  await row.getByRole('button', { name: /Ignore/ }).click();
  await row.waitFor({ state: 'detached' });
  assert.match(readFileSync(path.join(folder.path, '.trainyardignore'), 'utf8'), /pretrained\.bin/);
  await window.quickPick('Train with this snapshot');
  const run = await eventually('No run was started.', async () => {
    const run = await newest();
    return run?.script?.endsWith('train.py') ? run : undefined;
  });
  await ended(run);
  const { files } = await client.call('runs.snapshot', { params: { ...params, run: run.id } });
  assert.ok(!files.some(({ path: name }) => name === 'pretrained.bin'));
  rmSync(big);
});

drawn('a workspace is made, renamed, and deleted only after what it holds was named', async () => {
  await window.command('Trainyard: New workspace');
  await window.answer('Research');
  const made = await eventually('No workspace was made.', () => workspaceNamed('Research'));
  await window.command('Trainyard: Rename workspace');
  await window.quickPick('Research');
  await window.answer('Old research');
  await eventually('It was not renamed.', () => workspaceNamed('Old research'));
  const { id } = await submit('kept', 'print(1)\n', made.id);
  await eventually('It did not end.', async () => {
    const { state } = await client.call('runs.get', { params: { workspace: made.id, run: id } });
    return isActive(state) ? undefined : state;
  });
  await window.command('Trainyard: Delete workspace');
  await window.quickPick('Old research');
  const dialog = window.page.getByRole('dialog').filter({ hasText: 'Old research' });
  await dialog.getByText(/It holds 1 experiment, 1 run, 0 models/).waitFor();
  await window.screenshot('windows-delete-workspace');
  await dialog.getByRole('button', { name: 'Delete workspace' }).click();
  await eventually('It was not deleted.', async () => ((await workspaceNamed('Old research')) ? undefined : true));
  await window.command('Notifications: Clear All Notifications');
});

drawn('switching for this folder writes its file, and the status bar says which it is', async () => {
  const made = await client.call('workspaces.create', { body: { name: 'Side project' } });
  const file = path.join(folder.path, '.trainyard', 'folder.json');
  await window.statusBarItem('Main').waitFor();
  await window.command('Trainyard: Switch workspace');
  await window.quickPick('Side project');
  await window.quickPick('Only for');
  await window.statusBarItem('Side project').waitFor();
  assert.match(readFileSync(file, 'utf8'), new RegExp(made.id));
  writeFileSync(file, '{ "workspace": "Sid project" }');
  await window.statusBarItem('No such workspace').waitFor();
  await window.screenshot('windows-no-such-workspace');
  rmSync(file);
  await window.statusBarItem('Main').waitFor();
  assert.equal(existsSync(file), false);
});

drawn('two windows on one tracker are both live, and one that is killed finds its run again', async () => {
  const second = await openWindow(editor);
  try {
    await second.openContainer('Trainyard');
    const stop = path.join(folder.path, 'stop');
    const script = [
      'import itertools, os, time, trainyard',
      'for step in itertools.count():',
      '    trainyard.log(step=step, acc=0.5)',
      `    if os.path.exists(${JSON.stringify(stop)}): break`,
      '    time.sleep(0.05)',
      'print(step + 1)',
    ];
    const run = await submit('long', `${script.join('\n')}\n`);
    for (const one of [window, second]) await one.treeItem('Runs', new RegExp(`${run.name}.*acc 0\\.`)).waitFor();
    await client.call('runs.update', { params: { ...params, run: run.id }, body: { name: 'renamed-by-another' } });
    for (const one of [window, second]) await one.treeItem('Runs', 'renamed-by-another').waitFor();
    await second.page.context().close();
    editor.killExtensionHosts();
    await window.reload();
    await window.treeItem('Runs', /renamed-by-another.*acc 0\./).waitFor();
    const now = await client.call('runs.get', { params: { ...params, run: run.id } });
    assert.equal(now.state, 'running');
    writeFileSync(stop, '');
    await ended(run);
    const log = await client.bytes('runs.log', { params: { ...params, run: run.id }, query: {} });
    const { points } = await client.call('runs.metricHistory', {
      params: { ...params, run: run.id },
      query: { key: 'acc', limit: 100_000 },
    });
    assert.equal(points.length, Number(await log.text()));
  } finally {
    await second.close().catch(() => undefined);
  }
});

async function submit(name: string, text: string, workspace = 'default'): Promise<RunSummary> {
  writeFileSync(path.join(folder.path, `${name}.py`), text);
  const configuration = { script: `${name}.py`, name: `${name}-run` };
  return client.call('runs.submit', { params: { workspace }, body: { folder: folder.path, configuration } });
}

async function ended({ id }: RunSummary): Promise<void> {
  await eventually('The run did not end.', async () => {
    const { state } = await client.call('runs.get', { params: { ...params, run: id } });
    return isActive(state) ? undefined : state;
  });
}

async function newest(): Promise<RunSummary | undefined> {
  return (await client.call('runs.list', { params, query: { limit: 1 } })).runs[0];
}

async function workspaceNamed(name: string) {
  return (await client.call('workspaces.list', {})).workspaces.find((one) => one.name === name);
}
