import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { ReplyFor, RequestOf } from '../../shared/api/routes.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { formatCount } from '../../shared/format.ts';
import type { RunTab } from '../../shared/panel/protocol.ts';
import { isActive } from '../../shared/runState.ts';
import { save } from '../panels/pageActions.ts';
import type { Parts } from '../parts.ts';
import { pickSnapshotFile } from '../snapshots/openSnapshot.ts';
import { oneLine } from '../trees/itemText.ts';
import { runNode } from '../trees/runSource.ts';
import { askName } from './ask.ts';
import type { Commands } from './command.ts';
import { commandTagsText, parseTags } from './tags.ts';

type Ids =
  | 'trainyard.runAgain'
  | 'trainyard.retryRun'
  | 'trainyard.cancelRun'
  | 'trainyard.openRun'
  | 'trainyard.showLog'
  | 'trainyard.compareRuns'
  | 'trainyard.renameRun'
  | 'trainyard.editNote'
  | 'trainyard.editTags'
  | 'trainyard.starRun'
  | 'trainyard.unstarRun'
  | 'trainyard.moveRuns'
  | 'trainyard.deleteRun'
  | 'trainyard.restoreRun'
  | 'trainyard.exportSnapshot'
  | 'trainyard.exportMetrics'
  | 'trainyard.openSnapshotFile'
  | 'trainyard.showErrors'
  | 'trainyard.copyRunId';

const active = (run: RunSummary) => isActive(run.state);
const ended = (run: RunSummary) => !isActive(run.state);

/** What is done with runs. */
export function runCommands(parts: Parts): Commands<Ids> {
  const { session, state, panels } = parts;
  const open = (run: RunSummary, more: { tab?: RunTab; compare?: string[] } = {}) =>
    panels.open({ page: 'run', workspace: run.workspace, run: run.id, ...more });
  return {
    'trainyard.runAgain': {
      ask: 'Run to start again with the code as it is now',
      trusted: true,
      run: (run) => startAgain(parts, run, 'folder'),
    },
    'trainyard.retryRun': {
      ask: 'Run to retry with the code that it had',
      trusted: true,
      where: ended,
      run: (run) => startAgain(parts, run, 'snapshot'),
    },
    'trainyard.cancelRun': {
      ask: 'Runs to cancel',
      where: active,
      nothing: 'No run is active.',
      run: (runs) => each(runs, (run) => session.call('runs.cancel', { params: paramsOf(run), body: {} })),
    },
    'trainyard.openRun': { ask: 'Run to open', run: (run) => open(run) },
    'trainyard.showLog': { ask: 'Run whose log to show', run: (run) => open(run, { tab: 'logs' }) },
    'trainyard.compareRuns': {
      ask: 'Runs to compare',
      preset: async () =>
        parts.ticked.ids.length > 1 ? Promise.all(parts.ticked.ids.map((id) => state.run(id))) : undefined,
      run: (runs) => compare(parts, runs),
    },
    'trainyard.renameRun': {
      ask: 'Run to rename',
      run: async (run) => {
        const name = await askName('Rename run', run.name);
        if (name !== undefined) await update(parts, run, { name });
      },
    },
    'trainyard.editNote': {
      ask: 'Run whose note to edit',
      run: async (run) => {
        const note = await vscode.window.showInputBox({
          title: `Note of ${oneLine(run.name, 60)}`,
          value: run.note ?? '',
        });
        if (note !== undefined) await update(parts, run, { note });
      },
    },
    'trainyard.editTags': {
      ask: 'Run whose tags to edit',
      run: async (run) => {
        const text = await vscode.window.showInputBox({
          title: `Tags of ${oneLine(run.name, 60)}`,
          value: commandTagsText(run.tags),
          placeHolder: 'baseline, seed=3',
        });
        if (text !== undefined) await update(parts, run, { tags: parseTags(text, run.tags) });
      },
    },
    'trainyard.starRun': {
      ask: 'Runs to star',
      where: (run) => !run.star,
      run: (runs) => each(runs, (run) => update(parts, run, { star: true })),
    },
    'trainyard.unstarRun': {
      ask: 'Runs to unstar',
      where: (run) => run.star,
      nothing: 'No run is starred.',
      run: (runs) => each(runs, (run) => update(parts, run, { star: false })),
    },
    'trainyard.moveRuns': { ask: 'Runs to move to another experiment', run: (runs) => moveRuns(parts, runs) },
    'trainyard.deleteRun': {
      ask: 'Runs to delete',
      where: ended,
      run: (runs) => deleteRuns(parts, runs),
    },
    'trainyard.restoreRun': {
      ask: 'Runs to restore',
      nothing: 'There are no deleted runs to restore.',
      run: (runs) => restoreRuns(parts, runs),
    },
    'trainyard.exportSnapshot': {
      ask: 'Run whose code to export',
      run: (run) => save(`${run.name}-code.zip`, () => session.bytes('runs.snapshotZip', { params: paramsOf(run) })),
    },
    'trainyard.exportMetrics': {
      ask: 'Run whose metrics to export',
      run: (run) => save(`${run.name}-metrics.csv`, () => session.bytes('runs.metricsCsv', { params: paramsOf(run) })),
    },
    'trainyard.openSnapshotFile': {
      ask: 'Run whose code to look at',
      run: (run) => pickSnapshotFile(state, run.id),
    },
    'trainyard.showErrors': {
      ask: 'Run whose errors to show',
      where: (run) => run.state === 'failed',
      nothing: 'No run has failed.',
      run: async (run) => {
        const count = await parts.errors.show(run);
        if (count > 0) await vscode.commands.executeCommand('workbench.actions.view.problems');
        else open(run, { tab: 'logs' });
      },
    },
    'trainyard.copyRunId': { ask: 'Run whose id to copy', run: (run) => vscode.env.clipboard.writeText(run.id) },
  };
}

export function paramsOf(run: RunSummary): { workspace: string; run: string } {
  return { workspace: run.workspace, run: run.id };
}

/** All at once; the first failure is told when all have ended. */
async function each<T>(runs: readonly T[], work: (run: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(runs.map(work));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

type Change = NonNullable<RequestOf<'runs.update'>['body']>;

async function update(parts: Parts, run: RunSummary, body: Change): Promise<void> {
  const changed = await parts.session.call('runs.update', { params: paramsOf(run), body });
  parts.state.runs.put(changed);
}

async function startAgain(parts: Parts, run: RunSummary, from: 'snapshot' | 'folder'): Promise<RunSummary> {
  const body = { from, requestId: randomUUID() };
  const started = await parts.session.call('runs.retry', { params: paramsOf(run), body });
  parts.state.runs.put(started);
  void parts.trees.runs.reveal(runNode(started));
  parts.panels.open(
    { page: 'run', workspace: started.workspace, run: started.id },
    { beside: true, preserveFocus: true, transient: true },
  );
  return started;
}

/** The first one's page, with the others' curves beside its own. */
function compare(parts: Parts, [first, ...others]: readonly RunSummary[]): void {
  if (!first) return;
  const compared = others.map(({ id }) => id);
  parts.panels.open({ page: 'run', workspace: first.workspace, run: first.id, tab: 'charts', compare: compared });
}

async function moveRuns(parts: Parts, runs: readonly RunSummary[]): Promise<void> {
  const experiments = await parts.state.experiments.get();
  const create = '$(add) New experiment…';
  const items = [{ label: create }, ...experiments.map(({ name }) => ({ label: oneLine(name), name }))];
  const picked = await vscode.window.showQuickPick(items, { title: `Move ${formatCount(runs.length, 'run')} to` });
  if (!picked) return;
  const experiment = 'name' in picked ? picked.name : await askName('Name of the new experiment', '');
  if (experiment !== undefined) await each(runs, (run) => update(parts, run, { experiment }));
}

/** Deletes at once and offers to take it back: a question before would be asked of everyone to help a few. */
async function deleteRuns(parts: Parts, runs: readonly RunSummary[]): Promise<void> {
  const deleted: RunSummary[] = [];
  const deleting = each(runs, async (run) => {
    await parts.session.call('runs.delete', { params: paramsOf(run) });
    deleted.push(run);
    parts.ticked.set(run.id, false);
    parts.state.runs.remove(run.id);
  });
  try {
    await deleting;
  } finally {
    // Where one of them could not be deleted, the others still can be taken back.
    if (deleted.length > 0) offerUndo(deleted);
  }
}

function offerUndo(deleted: readonly RunSummary[]): void {
  const what = deleted.length === 1 ? oneLine(deleted[0]?.name ?? '', 60) : formatCount(deleted.length, 'run');
  void vscode.window.showInformationMessage(`Deleted ${what}.`, 'Undo').then(async (answer) => {
    if (answer === 'Undo') await vscode.commands.executeCommand('trainyard.restoreRun', deleted.map(runNode));
  });
}

async function restoreRuns(parts: Parts, runs: readonly RunSummary[]): Promise<void> {
  await each(runs, async (run) => {
    const restored: ReplyFor<'runs.restore'> = await parts.session.call('runs.restore', { params: paramsOf(run) });
    parts.state.runs.put(restored);
  });
}
