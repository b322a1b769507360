import assert from 'node:assert/strict';
import { suite, suiteSetup, test } from 'mocha';
import * as vscode from 'vscode';
import { extensionParts, until, workspaceFile, write } from './parts.ts';

suite('run configurations', () => {
  suiteSetup(extensionParts);

  test('a wrong key and a missing script are marked at their place, and a quick fix puts the key right', async () => {
    const uri = workspaceFile('.trainyard', 'wrong.json');
    await write(uri, '{\n  "script": "trian.py",\n  "expriment": "digits"\n}\n');
    const found = await until(() => {
      const own = vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'Trainyard');
      return own.length === 2 ? own : undefined;
    });
    const text = (index: number) => [found[index]?.range.start.line, found[index]?.message];
    assert.deepEqual(text(0), [2, 'Unknown key “expriment”. Did you mean “experiment”?']);
    assert.match(String(text(1)[1]), /“trian\.py” is not in .* Did you mean “train\.py”\?/);
    const document = await vscode.workspace.openTextDocument(uri);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      found[0]?.range ?? new vscode.Range(2, 0, 2, 5),
    );
    const fix = actions.find(({ title }) => title === 'Change to “experiment”');
    assert.ok(fix?.edit, actions.map(({ title }) => title).join(', '));
    await vscode.workspace.applyEdit(fix.edit);
    assert.match(document.getText(), /"experiment": "digits"/);
    await document.save();
    await vscode.workspace.fs.delete(uri);
    await until(() => vscode.languages.getDiagnostics(uri).length === 0);
  });

  test('keys are completed from the schema', async () => {
    const uri = workspaceFile('.trainyard', 'completed.json');
    await write(uri, '{\n  \n}\n');
    await vscode.workspace.openTextDocument(uri);
    const labels = await until(async () => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        uri,
        new vscode.Position(1, 2),
      );
      const found = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
      return found.includes('script') ? found : undefined;
    });
    assert.ok(labels.includes('onSave') && labels.includes('interpreter'), labels.join(', '));
    await vscode.workspace.fs.delete(uri);
  });
});
