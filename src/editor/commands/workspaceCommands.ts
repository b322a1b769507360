import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';
import type { Parts } from '../parts.ts';
import { oneLine } from '../trees/itemText.ts';
import { askName } from './ask.ts';
import type { Commands } from './command.ts';
import { pickSubject } from './pick.ts';
import { showError } from './register.ts';

type Ids =
  | 'trainyard.newWorkspace'
  | 'trainyard.renameWorkspace'
  | 'trainyard.switchWorkspace'
  | 'trainyard.deleteWorkspace'
  | 'trainyard.moveFolder';

/** The places where runs and models are kept. */
export function workspaceCommands(parts: Parts): Commands<Ids> {
  const { session } = parts;
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
      run: (workspace, [where]) => switchWorkspace(parts, workspace, where),
    },
    'trainyard.deleteWorkspace': {
      ask: 'Workspace to delete',
      where: ({ isDefault }) => !isDefault,
      nothing: 'There is no workspace but the default one, which cannot be deleted.',
      run: (workspace) => deleteWorkspace(parts, workspace),
    },
    'trainyard.moveFolder': { run: () => moveFolder(parts) },
  };
}

async function reread({ state }: Parts): Promise<void> {
  state.workspaces.invalidate();
  state.folder.invalidate();
  await Promise.all([state.workspaces.get(), state.folder.get()]);
}

/** Where a switch holds; a caller that knows hands it in, a person is asked. */
type Where = 'folder' | 'default';

/** For every folder that names none, or for this one alone, which then names it in a file. */
async function switchWorkspace(parts: Parts, workspace: Workspace, given: unknown): Promise<void> {
  const where = given === 'folder' || given === 'default' ? given : await askWhere(parts, workspace);
  if (where === undefined) return;
  if (where === 'folder') await useForFolder(parts, workspace.id);
  else {
    const params = { workspace: workspace.id };
    await parts.session.call('workspaces.update', { params, body: { isDefault: true } });
  }
  await reread(parts);
}

async function askWhere(parts: Parts, { name }: Workspace): Promise<Where | undefined> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  // Nothing is written into a folder that is not trusted.
  if (!folder || !vscode.workspace.isTrusted) return 'default';
  const named = parts.state.folder.value?.file !== undefined;
  const items: (vscode.QuickPickItem & { where: Where })[] = [
    {
      where: 'folder',
      label: `$(folder) Only for ${oneLine(folder.name, 40)}`,
      description: 'written into .trainyard/folder.json',
    },
    {
      where: 'default',
      label: '$(home) As the default',
      description: named ? 'for folders that name none; this one names its own' : 'for every folder that names none',
    },
  ];
  // What this window follows stands first.
  const offered = named ? items : items.toReversed();
  return (await vscode.window.showQuickPick(offered, { title: `Use “${oneLine(name, 40)}”` }))?.where;
}

/** Writes the workspace into the file of the window's folder; the first one's where there are several. */
async function useForFolder(parts: Parts, workspace: string, folder = firstFolder()): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new Problem('forbidden', 'This folder is not trusted, so nothing is written into it.', {
      hint: 'Trust the folder, or make the workspace the default one.',
    });
  }
  await parts.session.call('folders.setWorkspace', { body: { folder, workspace } });
}

function firstFolder(): string {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (folder) return folder.uri.fsPath;
  throw new Problem('not-found', 'No folder is open.', { hint: 'Open the folder that is to use the workspace.' });
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
  const { value: own } = parts.state.folder;
  await parts.session.call('workspaces.delete', { params: { workspace: id }, query: { confirm: name } });
  // What the folder names must not be something that was deleted on purpose.
  if (own?.workspace === id && own.file !== undefined && vscode.workspace.isTrusted) {
    const folder = path.dirname(path.dirname(own.file));
    await parts.session.call('folders.setWorkspace', { body: { folder } });
  }
  await reread(parts);
}

async function moveFolder(parts: Parts): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
  if (!folder) {
    if (folders.length > 0) return;
    throw new Problem('not-found', 'No folder is open.', { hint: 'Open the folder whose runs are to be moved.' });
  }
  const from = parts.state.workspace;
  const target = await pickSubject(parts, 'workspace', {
    ask: `Move the runs of ${oneLine(folder.name)} to`,
    nothing: 'There is no other workspace. Create one first.',
    where: (workspace) => (workspace as Workspace).id !== from?.id,
  });
  if (!target) return;
  const { moved, refused } = await parts.session.call('workspaces.moveRuns', {
    params: { workspace: 'default' },
    body: { to: target.id, folder: folder.uri.fsPath },
  });
  parts.state.refresh();
  const [first] = refused;
  const rest = first ? ` ${formatCount(refused.length, 'run')} stayed: ${first.reason}` : '';
  const use = vscode.workspace.isTrusted ? ['Use it for this folder from now on'] : [];
  void vscode.window
    .showInformationMessage(`Moved ${formatCount(moved, 'run')} to “${oneLine(target.name)}”.${rest}`, ...use)
    .then(async (answer) => {
      if (answer === undefined) return;
      await useForFolder(parts, target.id, folder.uri.fsPath);
      await reread(parts);
    })
    .then(undefined, (error: unknown) => showError(parts.log, error, 'move folder'));
}
