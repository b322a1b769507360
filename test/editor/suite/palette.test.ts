import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, suiteSetup, test } from 'mocha';
import * as vscode from 'vscode';
import { commands } from '../../../src/editor/contributions.ts';
import type { Parts } from '../../../src/editor/parts.ts';
import type { RunSummary } from '../../../src/shared/domain/run.ts';
import { extensionParts, until, workspaceFile, write } from './parts.ts';

/** Change settings or the tracker itself, which other tests need as they are; each has a test of its own or none needed. */
const leftOut = new Set(['trainyard.restartTracker', 'trainyard.toggleInlineCharts', 'trainyard.openTrackedTerminal']);

suite('from the palette, with nothing selected', () => {
  let parts: Parts;

  suiteSetup(async () => {
    parts = await extensionParts();
  });

  test('every command asks for what is missing, or says why it cannot, and never fails', async () => {
    for (const id of Object.keys(commands).filter((command) => !leftOut.has(command))) {
      let done = false;
      const run = Promise.resolve(vscode.commands.executeCommand(id)).finally(() => {
        done = true;
      });
      // A person who changes their mind; what a command opens first is always a pick or an input.
      while (!done) {
        await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
        await sleep(20);
      }
      await assert.doesNotReject(run, id);
    }
  });

  test('without a configuration, the wizard is one step and writes the file', async () => {
    const script = workspaceFile('wizard', 'train.sh');
    await write(script, '#!/bin/sh\necho done\n');
    const training = vscode.commands.executeCommand<RunSummary>('trainyard.train', script);
    let started: RunSummary | undefined;
    void training.then((run) => {
      started = run;
    });
    const run = await until(async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return started;
    });
    assert.match(run.configuration ?? '', /^train/);
    const written = workspaceFile('.trainyard', `${run.configuration}.json`);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(written));
    assert.match(text, /"script": "wizard\/train\.sh"/);
    const ended = await until(async () => {
      const now = await parts.state.run(run.id);
      return now.state === 'finished' ? now : undefined;
    });
    assert.equal(ended.end?.exitCode ?? 0, 0);
    await vscode.workspace.fs.delete(written);
    await until(() => parts.configurations.forScript(script.fsPath).length === 0);
  });
});
