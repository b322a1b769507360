import { randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { trackerEnvironment } from '../../client/trackerEnvironment.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import { formatBytes, formatCount } from '../../shared/format.ts';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import { selectedPython } from '../configuration/python.ts';
import type { Parts } from '../parts.ts';
import { setting } from '../settings.ts';
import { oneLine } from '../trees/itemText.ts';
import { runNode } from '../trees/runSource.ts';

export interface SubmitOptions {
  /** A run on save: nothing is asked, nothing opens, and a newer one takes its place. */
  readonly onSave?: boolean;
}

/**
 * Submits a run of a configuration: unsaved files first, then, before a first large one, what its snapshot would hold.
 *
 * @returns undefined when the person decided otherwise
 */
export async function submit(
  parts: Parts,
  configuration: StoredConfiguration & { readonly value: RunConfiguration },
  options: SubmitOptions = {},
): Promise<RunSummary | undefined> {
  const { folder, name } = configuration;
  if (!options.onSave) {
    if (setting('trainyard.train.saveBeforeStart', vscode.Uri.file(folder))) await saveFolder(folder);
    if (!(await confirmSize(parts, folder))) return undefined;
  }
  // Of the training folder itself: it may name another workspace than the window's folder above it.
  const { workspace } = await parts.session.call('folders.workspace', { body: { folders: [folder] } });
  const run = await parts.session.call('runs.submit', {
    params: { workspace },
    body: {
      folder,
      configuration: await completed(configuration.value, folder),
      configurationName: name,
      variables: submitterVariables(),
      requestId: randomUUID(),
      ...(options.onSave ? { supersedes: `on-save:${configuration.id}` } : {}),
    },
  });
  const shown = await parts.state.folder.get().catch(() => undefined);
  const here = run.workspace === shown?.workspace;
  if (here) parts.state.runs.put(run);
  if (options.onSave) return run;
  if (here) void parts.trees.runs.reveal(runNode(run));
  if (setting('trainyard.train.openRunPage')) {
    parts.panels.open(
      { page: 'run', workspace: run.workspace, run: run.id },
      { beside: true, preserveFocus: true, transient: true },
    );
  }
  return run;
}

/** The editor's own Python where the configuration names none; everything else the tracker decides. */
async function completed(configuration: RunConfiguration, folder: string): Promise<RunConfiguration> {
  const needs = configuration.script.endsWith('.py') && !configuration.interpreter && !configuration.environment;
  if (!needs) return configuration;
  const uri = vscode.Uri.file(folder);
  const python = setting('trainyard.python', uri) || (await selectedPython(vscode.extensions, uri))?.path;
  return python ? { ...configuration, interpreter: python } : configuration;
}

/** What the person's own programs see, without what the editor adds for itself. */
function submitterVariables(): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _, ...variables } = trackerEnvironment(process.env);
  return variables;
}

async function saveFolder(folder: string): Promise<void> {
  const below = (uri: vscode.Uri) => uri.scheme === 'file' && uri.fsPath.startsWith(folder + path.sep);
  const unsaved = vscode.workspace.textDocuments.filter((document) => document.isDirty && below(document.uri));
  await Promise.all(unsaved.map((document) => document.save()));
}

interface SizeItem extends vscode.QuickPickItem {
  readonly ignores?: string;
}

const confirmed = new Set<string>();

/** Before a first large snapshot: what makes it large, each with a button that ignores it. */
async function confirmSize(parts: Parts, folder: string): Promise<boolean> {
  if (confirmed.has(folder)) return true;
  let preview = await parts.session.call('folders.preview', { body: { folder } });
  if (!preview.large) {
    confirmed.add(folder);
    return true;
  }
  const pick = vscode.window.createQuickPick<SizeItem>();
  const ignore = { iconPath: new vscode.ThemeIcon('eye-closed'), tooltip: 'Ignore: add it to .trainyardignore' };
  const show = () => {
    pick.title = `The snapshot would hold ${formatCount(preview.files, 'file')}, ${formatBytes(preview.bytes)}`;
    pick.placeholder = 'Ignored files stay reachable for the run, but are not kept with it';
    pick.items = [
      { label: '$(play) Train with this snapshot', alwaysShow: true },
      { label: 'Biggest', kind: vscode.QuickPickItemKind.Separator },
      ...preview.biggest.map((entry) => ({
        label: `$(${entry.kind === 'file' ? 'file' : 'folder'}) ${oneLine(entry.path)}`,
        description: formatBytes(entry.bytes),
        ignores: entry.path,
        buttons: [ignore],
      })),
    ];
  };
  try {
    show();
    return await new Promise<boolean>((resolve, reject) => {
      const ignorePath = async (path: string) => {
        pick.busy = true;
        await parts.session.call('folders.ignore', { body: { folder, path } });
        preview = await parts.session.call('folders.preview', { body: { folder } });
        pick.busy = false;
        show();
      };
      pick.onDidTriggerItemButton(({ item }) => void ignorePath(item.ignores ?? '').catch(reject));
      pick.onDidAccept(() => {
        const [item] = pick.activeItems;
        if (item?.ignores !== undefined) void ignorePath(item.ignores).catch(reject);
        else if (item) {
          confirmed.add(folder);
          resolve(true);
        }
      });
      pick.onDidHide(() => resolve(false));
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}
