import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';
import type { Parts } from '../parts.ts';
import { oneLine } from '../trees/itemText.ts';
import { askName } from './ask.ts';
import type { Commands } from './command.ts';
import { pickSubject } from './pick.ts';

type Ids =
  | 'trainyard.newWorkspace'
  | 'trainyard.renameWorkspace'
  | 'trainyard.switchWorkspace'
  | 'trainyard.deleteWorkspace'
  | 'trainyard.moveFolder';

/** The places where runs and models are kept. */
export function workspaceCommands(parts: Parts): Commands<Ids> {
  const { session, state } = parts;
  return {
    'trainyard.newWorkspace': {
      run: async () => {
        const name = await askName('Name of the new workspace', '', 'research');
        if (name === undefined) return undefined;
        const made = await session.call('workspaces.create', { body: { name } });
        await reread(parts);
        void vscode.window
          .showInformationMessage(`Created the workspace “${oneLine(name)}”.`, 'Switch to it')
          .then((answer) => {
            if (answer)
              void vscode.commands.executeCommand('trainyard.switchWorkspace', { kind: 'workspace', id: made.id });
          });
        return made;
      },
    },
    'trainyard.renameWorkspace': {
      ask: 'Workspace to rename',
      run: async ({ id, name: before }) => {
        const name = await askName('Rename workspace', before);
        if (name === undefined) return;
        await session.call('workspaces.update', { params: { workspace: id }, body: { name } });
        await reread(parts);
      },
    },
    'trainyard.switchWorkspace': {
      ask: 'Workspace to use from now on',
      run: async ({ id }) => {
        await session.call('workspaces.update', { params: { workspace: id }, body: { isDefault: true } });
        await reread(parts);
      },
    },
    'trainyard.deleteWorkspace': {
      ask: 'Workspace to delete',
      where: ({ isDefault }) => !isDefault,
      nothing: 'There is no workspace but the default one, which cannot be deleted.',
      run: (workspace) => deleteWorkspace(parts, workspace),
    },
    'trainyard.moveFolder': { run: () => moveFolder(parts) },
  };
  function reread({ state: { workspaces } }: Parts): Promise<unknown> {
    state.workspaces.invalidate();
    return workspaces.get();
  }
}

/** What would be lost is named first; this is one of the few questions that is asked before, not undone after. */
async function deleteWorkspace(parts: Parts, { id, name }: Workspace): Promise<void> {
  const holds = await parts.session.call('workspaces.contents', { params: { workspace: id } });
  if (holds.activeRuns > 0) {
    throw new Problem(
      'in-use',
      `${formatCount(holds.activeRuns, 'run')} of “${oneLine(name)}” ${holds.activeRuns === 1 ? 'is' : 'are'} active.`,
      {
        hint: 'Cancel them, or wait until they have ended.',
      },
    );
  }
  const contents = [
    formatCount(holds.experiments, 'experiment'),
    formatCount(holds.runs, 'run'),
    formatCount(holds.models, 'model'),
    formatCount(holds.deployments, 'deployment'),
    formatBytes(holds.bytes),
  ].join(', ');
  const verb = 'Delete workspace';
  const message = `Delete the workspace “${oneLine(name)}” and everything in it?`;
  const detail = `It holds ${contents}. This cannot be undone.`;
  if ((await vscode.window.showWarningMessage(message, { modal: true, detail }, verb)) !== verb) return;
  await parts.session.call('workspaces.delete', { params: { workspace: id }, query: { confirm: name } });
  parts.state.workspaces.invalidate();
}

async function moveFolder(parts: Parts): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
  if (!folder) {
    if (folders.length > 0) return;
    throw new Problem('not-found', 'No folder is open.', { hint: 'Open the folder whose runs are to be moved.' });
  }
  const target = await pickSubject(parts, 'workspace', {
    ask: `Move the runs of ${oneLine(folder.name)} to`,
    nothing: 'There is no other workspace. Create one first.',
    where: (workspace) => !(workspace as Workspace).isDefault,
  });
  if (!target) return;
  const { moved, refused } = await parts.session.call('workspaces.moveRuns', {
    params: { workspace: 'default' },
    body: { to: target.id, folder: folder.uri.fsPath },
  });
  parts.state.refresh();
  const [first] = refused;
  const rest = first ? ` ${formatCount(refused.length, 'run')} stayed: ${first.reason}` : '';
  void vscode.window.showInformationMessage(`Moved ${formatCount(moved, 'run')} to “${oneLine(target.name)}”.${rest}`);
}
