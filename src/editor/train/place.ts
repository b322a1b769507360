import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import { configurationFolder } from '../../shared/folderFiles.ts';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import { scriptExtensions } from '../configuration/scripts.ts';
import type { Parts } from '../parts.ts';

/** Where Train was pressed: a configuration, a script of a folder, or a folder alone. */
export interface Place {
  readonly folder: string;
  /** Absolute. */
  readonly script?: string;
  readonly configuration?: StoredConfiguration;
}

/** Makes sense of what a menu, a CodeLens or nothing at all handed to a command. @returns undefined when left */
export async function placeOf(parts: Parts, given: unknown): Promise<Place | undefined> {
  const all = await parts.configurations.all();
  const configuration = configurationOf(given, all);
  if (configuration) return { folder: configuration.folder, configuration };
  const uri = given instanceof vscode.Uri ? given : undefined;
  if (uri && uri.scheme === 'file') return placeOfFile(uri, all);
  const open = vscode.window.activeTextEditor?.document.uri;
  if (open?.scheme === 'file' && vscode.workspace.getWorkspaceFolder(open)) {
    const place = await placeOfFile(open, all);
    // A library that is open is no reason not to train the folder.
    return place.script || place.configuration ? place : { folder: place.folder };
  }
  return pickFolder();
}

async function placeOfFile(uri: vscode.Uri, all: readonly StoredConfiguration[]): Promise<Place> {
  const stat = await vscode.workspace.fs.stat(uri);
  if (stat.type & vscode.FileType.Directory) return { folder: uri.fsPath };
  const named = all.find((one) => one.id === uri.fsPath);
  if (named) return { folder: named.folder, configuration: named };
  const folder = trainingFolder(uri, all);
  const isScript = scriptExtensions.some((extension) => uri.fsPath.endsWith(extension));
  return isScript ? { folder, script: uri.fsPath } : { folder };
}

/** The nearest folder above that has configurations; else the window's folder, or the file's own. */
export function trainingFolder(uri: vscode.Uri, all: readonly StoredConfiguration[]): string {
  const folders = new Set(all.map(({ folder }) => folder));
  const top = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
  for (let folder = path.dirname(uri.fsPath); ; folder = path.dirname(folder)) {
    if (folders.has(folder)) return folder;
    if (folder === top || folder === path.dirname(folder)) break;
  }
  return top ?? path.dirname(uri.fsPath);
}

function configurationOf(given: unknown, all: readonly StoredConfiguration[]): StoredConfiguration | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { kind, id } = given as { kind?: unknown; id?: unknown };
  return kind === 'configuration' ? all.find((one) => one.id === id) : undefined;
}

async function pickFolder(): Promise<Place | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    throw new Problem('not-found', 'No folder is open, so there is nothing to train.', {
      hint: `Open the folder that holds the script; its run configurations go into ${configurationFolder}/.`,
    });
  }
  const folder = folders.length === 1 ? folders[0] : await vscode.window.showWorkspaceFolderPick();
  return folder && { folder: folder.uri.fsPath };
}
