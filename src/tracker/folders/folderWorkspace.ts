import fs from 'node:fs';
import path from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';
import { Check, Errors } from 'typebox/value';
import { Problem } from '../../shared/api/error.ts';
import { parseCommentedJson } from '../../shared/commentedJson.ts';
import { FolderSettings } from '../../shared/domain/folderSettings.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { configurationFolder, folderFile } from '../../shared/folderFiles.ts';
import { nearestWord } from '../../shared/nearestWord.ts';

export interface FolderWorkspace {
  readonly workspace: Workspace;
  /** The file that names it; undefined where none does and it is the default. */
  readonly file: string | undefined;
}

const HEADER = '// Which workspace the runs of this folder belong to.\n';

/**
 * The workspace that a training folder belongs to: the one that its `.trainyard/folder.json` names, or that of the
 * nearest folder above which names one; else the default.
 *
 * @throws Problem when the file cannot be read as one, or names a workspace that does not exist
 */
export function workspaceOfFolder(folder: string, workspaces: readonly Workspace[]): FolderWorkspace {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = fileOf(at);
    const named = readSettings(file)?.workspace;
    if (named !== undefined) return { workspace: find(named, workspaces, file), file };
    if (at === path.dirname(at)) break;
  }
  return { workspace: defaultOf(workspaces), file: undefined };
}

/** The same for a window of several folders: what the first of them says that says anything. */
export function workspaceOfFolders(folders: readonly string[], workspaces: readonly Workspace[]): FolderWorkspace {
  const found = folders.map((folder) => workspaceOfFolder(folder, workspaces));
  return found.find(({ file }) => file !== undefined) ?? { workspace: defaultOf(workspaces), file: undefined };
}

/**
 * Writes which workspace a folder belongs to, or takes that away. What else and which comments the file holds stays; a
 * file that then says nothing is removed.
 *
 * @throws Problem when the file is there and cannot be read, or cannot be written
 */
export function setWorkspaceOfFolder(folder: string, workspace: string | undefined): void {
  const file = fileOf(folder);
  const settings = readSettings(file);
  if (workspace === undefined) {
    if (settings === undefined) return;
    const { workspace: _, $schema: __, ...rest } = settings;
    if (Object.keys(rest).length === 0) {
      fs.rmSync(file, { force: true });
      return;
    }
  }
  const text = settings === undefined ? `${HEADER}{}\n` : fs.readFileSync(file, 'utf8');
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  const changed = applyEdits(text, modify(text, ['workspace'], workspace, { formattingOptions }));
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const part = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(part, changed);
    fs.renameSync(part, file);
  } catch (cause) {
    throw new Problem('forbidden', `${file} could not be written: ${(cause as Error).message}.`, {
      hint: 'Check the permissions of the folder.',
      cause,
    });
  }
}

function defaultOf(workspaces: readonly Workspace[]): Workspace {
  const found = workspaces.find(({ isDefault }) => isDefault);
  if (found) return found;
  throw new Problem('internal', 'The home has no default workspace.');
}

function fileOf(folder: string): string {
  return path.join(folder, configurationFolder, folderFile);
}

function readSettings(file: string): FolderSettings | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // A folder above that may not be looked into names nothing for us.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw new Problem('invalid', `${file} cannot be read: ${message}.`, { cause });
  }
  const value = parseCommentedJson(text, file);
  if (Check(FolderSettings, value)) return value;
  throw new Problem('invalid', `${file} is not understood: ${mistake(value)}.`, {
    hint: 'It holds { "workspace": "name" }.',
  });
}

function mistake(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it must hold an object in braces';
  const known = Object.keys(FolderSettings.properties);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const near = nearestWord(unknown, known);
    return `it has no key “${unknown}”${near === undefined ? '' : `; did you mean “${near}”?`}`;
  }
  const [error] = Errors(FolderSettings, value);
  return `${error?.instancePath.slice(1) ?? 'it'} ${error?.message ?? 'is wrong'}`;
}

/** By id first, which stays when a workspace gets another name. */
function find(named: string, workspaces: readonly Workspace[], file: string): Workspace {
  const lower = named.toLowerCase();
  const found =
    workspaces.find(({ id, isDefault }) => id === named || (named === 'default' && isDefault)) ??
    workspaces.find(({ name }) => name === named) ??
    workspaces.find(({ name }) => name.toLowerCase() === lower);
  if (found) return found;
  const words = workspaces.flatMap(({ id, name }) => (id === name.toLowerCase() ? [name] : [name, id]));
  const near = nearestWord(named, words);
  throw new Problem('not-found', `${file} names the workspace “${named}”, which does not exist.`, {
    hint: near === undefined ? 'Create it, or correct the file.' : `Did you mean “${near}”?`,
  });
}
