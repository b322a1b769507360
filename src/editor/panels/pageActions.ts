import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { PageAction, PageState } from '../../shared/panel/protocol.ts';
import { runChoice } from '../commands/pick.ts';
import { parseVersion } from '../nodes.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { openSnapshotFile } from '../snapshots/openSnapshot.ts';

/** Does what a page asks of the editor itself. Whatever a page names is only ever opened, copied or saved by asking. */
export async function pageAction(state: TrackerState, action: PageAction, page: PageState): Promise<unknown> {
  switch (action.name) {
    case 'open-file':
      return openFile(action.path, action.line);
    case 'open-snapshot-file':
      return openSnapshotFile(state, action.run, action.path, action.diff);
    case 'open-external':
      return openExternal(action.url);
    case 'copy':
      return vscode.env.clipboard.writeText(action.text);
    case 'save':
      return save(action.fileName, async () =>
        typeof action.content === 'string' ? new TextEncoder().encode(action.content) : action.content,
      );
    case 'save-output':
      return save(path.posix.basename(action.path), async () => {
        const params = { workspace: page.workspace, run: action.run };
        return state.session.bytes('runs.output', { params, query: { path: action.path } });
      });
    case 'save-metric': {
      const request = { params: { workspace: page.workspace, run: action.run }, query: { key: action.key } };
      return save(action.fileName, () => state.session.bytes('runs.metricsCsv', request));
    }
    case 'pick-runs':
      return pickRuns(state, page.workspace, action.run, action.selected);
    case 'command':
      return vscode.commands.executeCommand(action.command, ...commandArguments(action));
  }
}

/** The subject of a page's command as the node that the funnel takes. */
export function commandArguments(action: Extract<PageAction, { name: 'command' }>): unknown[] {
  const { command, subject, path: output } = action;
  if (command.endsWith('Deployment') || command === 'trainyard.copyCurl') return [{ kind: 'deployment', id: subject }];
  if (command === 'trainyard.registerModel') {
    return [{ kind: 'run', id: subject, ...(output === undefined ? {} : { path: output }) }];
  }
  const versions = ['trainyard.deploy', 'trainyard.setAlias', 'trainyard.deleteModelVersion', 'trainyard.openModel'];
  if (versions.includes(command)) return [parseVersion(subject)];
  return [{ kind: 'run', id: subject }];
}

async function openFile(file: string, line: number | undefined): Promise<void> {
  const uri = vscode.Uri.file(file);
  const at = Math.max(0, (line ?? 1) - 1);
  const selection = new vscode.Range(at, 0, at, 0);
  await vscode.window.showTextDocument(uri, { selection, viewColumn: vscode.ViewColumn.One, preview: true });
}

async function openExternal(url: string): Promise<void> {
  const uri = vscode.Uri.parse(url, true);
  if (uri.scheme !== 'http' && uri.scheme !== 'https') {
    throw new Problem('invalid', `Only web addresses are opened, not ${uri.scheme}:`);
  }
  await vscode.env.openExternal(uri);
}

/** Asks where, then reads, then writes; the name that a run gave its file is only a suggestion, without its folders. */
export async function save(
  suggested: string,
  content: () => Promise<Uint8Array | Response>,
): Promise<vscode.Uri | undefined> {
  const name = path.basename(suggested.replaceAll('\\', '/')).replace(/[\p{Cc}<>:"|?*]/gu, '_') || 'output';
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {});
  if (target) await write(target, await content());
  return target;
}

/** Outputs may be larger than the memory: they go to the disk piece by piece, and are there completely or not at all. */
async function write(target: vscode.Uri, content: Uint8Array | Response): Promise<void> {
  if (content instanceof Uint8Array) return vscode.workspace.fs.writeFile(target, content);
  if (target.scheme !== 'file' || !content.body) {
    return vscode.workspace.fs.writeFile(target, new Uint8Array(await content.arrayBuffer()));
  }
  const partial = `${target.fsPath}.${process.pid}.part`;
  try {
    await pipeline(Readable.fromWeb(content.body), createWriteStream(partial));
    await rename(partial, target.fsPath);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function pickRuns(
  state: TrackerState,
  workspace: string,
  run: string,
  selected: readonly string[],
): Promise<readonly string[] | undefined> {
  const { runs } = await state.session.call('runs.list', { params: { workspace }, query: { limit: 300 } });
  const items = runs
    .filter(({ id }) => id !== run)
    .map((other) => ({ ...runChoice(other), picked: selected.includes(other.id) }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Compare with',
    canPickMany: true,
    matchOnDescription: true,
  });
  return picked?.map(({ thing }) => thing.id);
}
