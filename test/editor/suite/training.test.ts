import assert from 'node:assert/strict';
import { suite, suiteSetup, test } from 'mocha';
import * as vscode from 'vscode';
import type { Parts } from '../../../src/editor/parts.ts';
import type { RunSummary } from '../../../src/shared/domain/run.ts';
import { extensionParts, until, workspaceFile, write } from './parts.ts';

suite('training', () => {
  let parts: Parts;
  let run: RunSummary;

  suiteSetup(async () => {
    parts = await extensionParts();
    await write(workspaceFile('.trainyard', 'train.json'), '{ "script": "train.py", "args": ["4"] } // four epochs\n');
    await until(() => parts.configurations.forScript(workspaceFile('train.py').fsPath)[0]);
  });

  test('Train starts a run of the only configuration, in two clicks at most', async () => {
    const started = await vscode.commands.executeCommand<RunSummary>('trainyard.train', workspaceFile('train.py'));
    assert.ok(started, 'no run was started');
    assert.equal(started.configuration, 'train');
    run = await until(async () => {
      const now = await parts.state.run(started.id);
      return now.state === 'finished' || now.state === 'failed' ? now : undefined;
    });
    assert.equal(run.state, 'finished', run.end?.message);
  });

  test('the run stands in the tree with its metric', async () => {
    const [first] = await parts.trees.runs.getChildren();
    assert.equal(first?.id, run.id);
    assert.ok(first);
    const item = await until(() => {
      const shown = parts.trees.runs.getTreeItem(first);
      return String(shown.description).includes(' ↓') || String(shown.description).includes(' ↑') ? shown : undefined;
    });
    assert.equal(item.label, run.name);
    assert.match(String(item.contextValue), /^run ended finished/);
    assert.equal(item.id, `run:${run.id}`);
  });

  test('its page opened, and its values stand at the line that logs them', async () => {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    assert.ok(
      tabs.some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('trainyard.run')),
    );
    const document = await vscode.workspace.openTextDocument(workspaceFile('train.py'));
    await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    const drawn = await until(() => {
      const [words = [], curves = []] = parts.inlineCharts.decorations(document);
      return words.length > 0 && curves.length > 0 ? { words, curves } : undefined;
    });
    const [words] = drawn.words;
    assert.match(words?.renderOptions?.after?.contentText ?? '', /^loss 0\.25$/);
    assert.equal(
      words?.range.start.line,
      document
        .getText()
        .split('\n')
        .findIndex((line) => line.includes('trainyard.log')),
    );
    assert.ok(drawn.curves[0]?.renderOptions?.after?.contentIconPath instanceof vscode.Uri);
  });

  test('a line that reads otherwise by now is marked as stale, and no longer once it reads as it did', async () => {
    const uri = workspaceFile('train.py');
    const document = await vscode.workspace.openTextDocument(uri);
    const colorOf = () => {
      const color = parts.inlineCharts.decorations(document)[0]?.[0]?.renderOptions?.after?.color;
      return color instanceof vscode.ThemeColor ? color.id : undefined;
    };
    await until(() => colorOf() === 'editorCodeLens.foreground');
    const text = document.getText();
    const place = document.positionAt(text.indexOf('acc=1 - loss') + 'acc='.length);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, place, '2 * ');
    await vscode.workspace.applyEdit(edit);
    await until(() => colorOf() === 'disabledForeground');
    const back = new vscode.WorkspaceEdit();
    back.delete(uri, new vscode.Range(place, place.translate(0, 4)));
    await vscode.workspace.applyEdit(back);
    assert.equal(document.getText(), text);
    await until(() => colorOf() === 'editorCodeLens.foreground');
    await document.save();
  });

  test('a CodeLens stands at the script and names the last value', async () => {
    const lenses = await until(async () => {
      const uri = workspaceFile('train.py');
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
      return found.some(({ command }) => command?.title.startsWith('last ')) ? found : undefined;
    });
    assert.deepEqual(
      lenses.map(({ command }) => command?.command),
      ['trainyard.train', 'trainyard.editConfiguration', 'trainyard.openRun'],
    );
  });

  test('its code opens as it was, read-only', async () => {
    const uri = vscode.Uri.from({ scheme: 'trainyard-snapshot', path: `/${run.id}/train.py` });
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /trainyard\.log/);
    await assert.rejects(async () => vscode.workspace.fs.writeFile(uri, new Uint8Array()));
  });

  test('a deleted run is gone from the tree and comes back', async () => {
    const node = { kind: 'run', id: run.id };
    await vscode.commands.executeCommand('trainyard.deleteRun', node);
    const ids = async () => (await parts.trees.runs.getChildren()).map(({ id }) => id);
    assert.ok(!(await ids()).includes(run.id));
    await vscode.commands.executeCommand('trainyard.restoreRun', node);
    await until(async () => (await ids()).includes(run.id));
  });

  test('a failed run shows its traceback in Problems, at the line, until the next run starts', async () => {
    const script = workspaceFile('broken.py');
    await write(script, 'def fit():\n    raise ValueError("shapes do not match")\n\nfit()\n');
    await write(workspaceFile('.trainyard', 'broken.json'), '{ "script": "broken.py" }');
    await until(() => parts.configurations.forScript(script.fsPath)[0]);
    await vscode.commands.executeCommand('trainyard.train', script);
    const [problem] = await until(() => {
      const found = vscode.languages.getDiagnostics(script).filter(({ source }) => source === 'Trainyard');
      return found.length > 0 ? found : undefined;
    });
    assert.match(problem?.message ?? '', /shapes do not match/);
    assert.equal(problem?.range.start.line, 1);
    await write(script, 'print("fine")\n');
    await vscode.commands.executeCommand('trainyard.train', script);
    await until(() => vscode.languages.getDiagnostics(script).length === 0);
  });

  test('saving a watched file starts one run, however often it is saved', async () => {
    const script = workspaceFile('saved.py');
    await write(script, 'print(1)\n');
    await write(
      workspaceFile('.trainyard', 'saved.json'),
      '{ "script": "saved.py", "onSave": { "enabled": true, "watch": ["saved.py"] } }',
    );
    await until(() => parts.configurations.forScript(script.fsPath)[0]);
    const document = await vscode.workspace.openTextDocument(script);
    const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
    for (const text of ['2', '3', '4']) {
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 6), text));
      await document.save();
    }
    const runsOfIt = async () => {
      const { runs } = await parts.session.call('runs.list', {
        params: { workspace: 'default' },
        query: { limit: 50 },
      });
      return runs.filter(({ configuration }) => configuration === 'saved');
    };
    await until(async () => (await runsOfIt()).length > 0);
    await until(async () => (await runsOfIt()).every(({ state }) => state === 'finished'));
    assert.equal((await runsOfIt()).length, 1);
  });
});
