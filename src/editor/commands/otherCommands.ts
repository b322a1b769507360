import * as vscode from 'vscode';
import { terminalVariables } from '../../client/terminalVariables.ts';
import { shellExports, shellOf } from '../../shared/shellExports.ts';
import type { Parts } from '../parts.ts';
import { setContext, toggleSetting } from '../settings.ts';
import { oneLine } from '../trees/itemText.ts';
import { askName } from './ask.ts';
import type { Commands } from './command.ts';
import { doctorReport } from './doctorReport.ts';
import { showError } from './register.ts';

type Ids =
  | 'trainyard.clearErrors'
  | 'trainyard.filterRuns'
  | 'trainyard.clearFilter'
  | 'trainyard.showMore'
  | 'trainyard.showExperiment'
  | 'trainyard.renameExperiment'
  | 'trainyard.deleteExperiment'
  | 'trainyard.restoreExperiment'
  | 'trainyard.cancelActivity'
  | 'trainyard.showActivityLog'
  | 'trainyard.copyEnvironment'
  | 'trainyard.openTrackedTerminal'
  | 'trainyard.doctor'
  | 'trainyard.restartTracker'
  | 'trainyard.toggleInlineCharts'
  | 'trainyard.refresh'
  | 'trainyard.showRuns'
  | 'trainyard.showOutput';

const params = { workspace: 'default' };

/** Views, experiments, activities, and the tracker itself. */
export function otherCommands(parts: Parts): Commands<Ids> {
  const { session, state } = parts;
  const experiment = (id: string) => ({ ...params, experiment: id });
  return {
    'trainyard.clearErrors': { run: () => parts.errors.clear() },
    'trainyard.filterRuns': { run: () => filterRuns(parts) },
    'trainyard.clearFilter': { run: () => setFilter(parts, {}) },
    'trainyard.showMore': { run: (node) => state.runs.more((node as { id?: string } | undefined)?.id ?? 'none') },
    'trainyard.showExperiment': {
      ask: 'Experiment to show',
      run: async ({ id }) => {
        setFilter(parts, { experiment: id });
        await vscode.commands.executeCommand('trainyard.runs.focus');
      },
    },
    'trainyard.renameExperiment': {
      ask: 'Experiment to rename',
      run: async ({ id, name: before }) => {
        const name = await askName('Rename experiment', before);
        if (name !== undefined) await session.call('experiments.update', { params: experiment(id), body: { name } });
        state.experiments.invalidate();
      },
    },
    'trainyard.deleteExperiment': {
      ask: 'Experiment to delete',
      run: async ({ id, name }) => {
        await session.call('experiments.delete', { params: experiment(id) });
        state.refresh();
        void vscode.window
          .showInformationMessage(`Deleted the experiment “${oneLine(name)}”.`, 'Undo')
          .then(async (answer) => {
            if (answer !== 'Undo') return;
            await session.call('experiments.restore', { params: experiment(id) });
            state.refresh();
          })
          .then(undefined, (error: unknown) => showError(parts.log, error, 'undo'));
      },
    },
    'trainyard.restoreExperiment': { run: () => restoreExperiment(parts) },
    'trainyard.cancelActivity': {
      ask: 'Activity to cancel',
      nothing: 'Nothing that can be cancelled is going on.',
      where: (activity) => activity.cancellable && activity.state === 'running',
      run: ({ id }) => session.call('activities.cancel', { params: { activity: id }, body: {} }),
    },
    'trainyard.showActivityLog': {
      ask: 'Activity whose log to show',
      nothing: 'No activity has a log.',
      where: ({ hasLog }) => hasLog,
      run: async ({ id, title }) => {
        const response = await session.bytes('activities.log', { params: { activity: id } });
        await parts.reports.show(`${oneLine(title, 60)}.log`, await response.text());
      },
    },
    'trainyard.copyEnvironment': {
      run: async () => {
        const variables = terminalVariables((await session.call('env.get', { params, body: {} })).variables);
        const line = shellExports[shellOf(vscode.env.shell)];
        const lines = Object.entries(variables).flatMap(([name, value]) => line?.(name, value) ?? []);
        await vscode.env.clipboard.writeText(`${lines.join('\n')}\n`);
        vscode.window.setStatusBarMessage('Copied: paste it into a shell, and scripts there find the tracker.', 5000);
      },
    },
    'trainyard.openTrackedTerminal': {
      trusted: true,
      run: async () => {
        const variables = terminalVariables((await session.call('env.get', { params, body: {} })).variables);
        const icon = new vscode.ThemeIcon('graph-line');
        vscode.window.createTerminal({ name: 'Tracked', env: variables, iconPath: icon }).show();
      },
    },
    'trainyard.doctor': {
      run: async () => {
        const { findings } = await session.call('tracker.doctor', {});
        const info = await session.call('tracker.info', {});
        await parts.reports.show('Doctor.md', doctorReport(findings, info));
      },
    },
    'trainyard.restartTracker': {
      run: async () => {
        await session.call('tracker.stop', { body: {} });
        session.reconnect();
        vscode.window.setStatusBarMessage('The tracker starts again. Runs go on.', 4000);
      },
    },
    'trainyard.toggleInlineCharts': {
      run: async () => {
        const on = await toggleSetting('trainyard.inlineCharts.enabled');
        vscode.window.setStatusBarMessage(`Inline charts are ${on ? 'on' : 'off'}.`, 3000);
      },
    },
    'trainyard.refresh': { run: () => state.refresh() },
    'trainyard.showRuns': { run: () => vscode.commands.executeCommand('trainyard.runs.focus') },
    'trainyard.showOutput': { run: () => parts.log.show() },
  };
}

type Filter = Parts['state']['runs']['filter'];

function setFilter(parts: Parts, filter: Filter): void {
  parts.state.runs.filter = filter;
  setContext('trainyard.filtered', Object.keys(filter).length > 0);
}

async function filterRuns(parts: Parts): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const experiments = await parts.state.experiments.get();
  type Item = vscode.QuickPickItem & { filter?: Filter };
  const items: Item[] = [
    { label: '$(search) By text…', description: 'in names, tags, notes and experiments' },
    { label: '$(star-full) Starred', filter: { star: true } },
    ...(folder ? [{ label: '$(folder) Of this folder', filter: { folder } }] : []),
    { label: '$(clear-all) All runs', filter: {} },
    { label: 'Experiments', kind: vscode.QuickPickItemKind.Separator },
    ...experiments.map(({ id, name, runs }) => ({
      label: `$(beaker) ${oneLine(name)}`,
      description: String(runs),
      filter: { experiment: id },
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'Runs to show' });
  if (!picked) return;
  if (picked.filter) setFilter(parts, picked.filter);
  else {
    const text = await vscode.window.showInputBox({
      title: 'Runs that have this text',
      value: parts.state.runs.filter.text ?? '',
    });
    if (text !== undefined) setFilter(parts, text.trim() ? { text: text.trim() } : {});
  }
}

async function restoreExperiment({ session, state }: Parts): Promise<void> {
  const { experiments } = await session.call('experiments.list', { params, query: { deleted: true } });
  const deleted = experiments.filter(({ deletedAt }) => deletedAt !== undefined);
  const items = deleted.map(({ id, name, runs }) => ({ id, label: oneLine(name), description: `${runs} runs` }));
  if (items.length === 0) {
    vscode.window.showInformationMessage('There are no deleted experiments to restore.');
    return;
  }
  const picked = await vscode.window.showQuickPick(items, { title: 'Experiment to restore' });
  if (!picked) return;
  await session.call('experiments.restore', { params: { ...params, experiment: picked.id } });
  state.refresh();
}
