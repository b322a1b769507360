import assert from 'node:assert/strict';
import { suite, suiteSetup, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import type { Parts } from '../../../src/editor/parts.ts';
import type { Problem } from '../../../src/shared/api/problem.ts';
import type { RunSummary } from '../../../src/shared/domain/run.ts';
import { extensionParts, until, workspaceFile, write } from './parts.ts';

const file = () => workspaceFile('.trainyard', 'folder.json');

suite('workspaces', () => {
  let parts: Parts;
  let other: string;

  suiteSetup(async () => {
    parts = await extensionParts();
    await parts.state.workspaces.get();
    ({ id: other } = await parts.session.call('workspaces.create', { body: { name: 'Research' } }));
    await write(workspaceFile('.trainyard', 'quick.json'), '{ "script": "quick.py" }');
    await write(workspaceFile('quick.py'), 'print("quick")\n');
    await until(() => parts.configurations.forScript(workspaceFile('quick.py').fsPath)[0]);
  });

  suiteTeardown(async () => {
    await Promise.resolve(vscode.workspace.fs.delete(file())).catch(() => undefined);
    await vscode.workspace.fs.delete(workspaceFile('.trainyard', 'quick.json'));
    await until(() => parts.state.workspace?.isDefault);
  });

  const current = (id: string) => until(() => parts.state.workspace?.id === id);
  const shown = async () => (await parts.trees.runs.getChildren()).map(({ id }) => id);

  test('switching for this folder writes a file, which is no configuration, and the window shows that workspace', async () => {
    const before = parts.state.workspace?.id;
    await vscode.commands.executeCommand('trainyard.switchWorkspace', { kind: 'workspace', id: other }, 'folder');
    await current(other);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file()));
    assert.match(text, new RegExp(`"workspace": "${other}"`));
    assert.equal(before, 'main');
    assert.ok(parts.state.workspaces.value?.find(({ id }) => id === before)?.isDefault, 'the default is as it was');
    assert.deepEqual(await shown(), []);
    await until(() => parts.configurations.folderFiles.length === 1);
    assert.ok(!parts.configurations.known.some(({ name }) => name === 'folder'));
    const items = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      file(),
      new vscode.Position(1, 2),
    );
    assert.ok(!items.items.some(({ label }) => label === 'script'));
  });

  test('Train starts the run there, and the tree shows it', async () => {
    const run = await vscode.commands.executeCommand<RunSummary>('trainyard.train', workspaceFile('quick.py'));
    assert.equal(run.workspace, other);
    await until(async () => (await parts.state.run(run.id)).state === 'finished');
    assert.deepEqual(await shown(), [run.id]);
  });

  test('a name that is not there is an error everywhere, at its place with the nearest, until it is put right', async () => {
    await write(file(), '{ "workspace": "Reserch" }');
    await until(() => parts.state.folder.problem);
    assert.equal(parts.state.workspace, undefined);
    const refused = await parts.session
      .call('runs.list', { params: { workspace: 'default' }, query: {} })
      .then(() => undefined)
      .catch((error: Problem) => error);
    assert.match(`${refused?.message} ${refused?.hint}`, /“Reserch”.* Did you mean “Research”\?/);
    const [problem] = await until(() => {
      const found = vscode.languages.getDiagnostics(file()).filter(({ source }) => source === 'Trainyard');
      return found.length > 0 ? found : undefined;
    });
    assert.match(problem?.message ?? '', /Unknown workspace “Reserch”\. Did you mean “Research”\?/);
    await write(file(), '{ "workspace": "Research" }');
    await current(other);
    await until(async () => (await shown()).length === 1);
    await until(() => vscode.languages.getDiagnostics(file()).length === 0);
  });

  test('without the file the folder belongs to the default workspace again', async () => {
    await vscode.workspace.fs.delete(file());
    await current('main');
    await until(async () => !(await shown()).some((id) => parts.state.runs.get(id)?.workspace === other));
  });

  test('switching the default moves every folder that names none', async () => {
    await vscode.commands.executeCommand('trainyard.switchWorkspace', { kind: 'workspace', id: other }, 'default');
    await current(other);
    await vscode.commands.executeCommand('trainyard.switchWorkspace', { kind: 'workspace', id: 'main' }, 'default');
    await current('main');
    await assert.rejects(async () => vscode.workspace.fs.stat(file()));
  });
});
