import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { oneLine } from '../trees/itemText.ts';
import { scriptName } from '../trees/runItem.ts';
import { snapshotUri } from './snapshotFiles.ts';

/** Opens a file as it was when the run started; with `diff`, against the file as it is now. */
export async function openSnapshotFile(state: TrackerState, id: string, inner: string, diff: boolean): Promise<void> {
  const run = await state.run(id);
  const then = snapshotUri(id, inner);
  if (!diff) {
    await vscode.commands.executeCommand('vscode.open', then);
    return;
  }
  if (run.folder === undefined) {
    throw new Problem('not-found', 'This run has no folder on this machine to compare with.', {
      hint: 'Open the file of the snapshot alone.',
    });
  }
  const now = vscode.Uri.file(path.join(run.folder, inner));
  const title = `${path.posix.basename(inner)} (${oneLine(run.name, 40)} ↔ now)`;
  await vscode.commands.executeCommand('vscode.diff', then, now, title);
}

/** Asks for a file of the snapshot and opens it, against the present one where there is one. */
export async function pickSnapshotFile(state: TrackerState, id: string): Promise<void> {
  const { files } = await state.session.call('runs.snapshot', { params: { workspace: 'default', run: id } });
  const run = await state.run(id);
  const items = files
    .filter(({ kind }) => kind === 'file')
    .map((file) => ({ label: file.path, ...(file.path === scriptName(run) ? { description: 'the script' } : {}) }))
    .sort((a, b) => Number('description' in b) - Number('description' in a) || a.label.localeCompare(b.label));
  const picked = await vscode.window.showQuickPick(items, { title: `Files of ${oneLine(run.name, 40)}` });
  if (!picked) return;
  const there = run.folder !== undefined && (await exists(vscode.Uri.file(path.join(run.folder, picked.label))));
  await openSnapshotFile(state, id, picked.label, there);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return Promise.resolve(vscode.workspace.fs.stat(uri)).then(
    () => true,
    () => false,
  );
}
