import { existsSync, lstatSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from '../../scripts/install.mjs';
import { root } from './paths.ts';

const folder = path.join(root, 'test', 'editor-host');

/** The whole VS Code inside the npm package code-server. */
export const editorRoot = path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode');

/** Its server, started directly: code-server's own wrapper adds a login page and 0.3 s. */
export const editorMain = path.join(editorRoot, 'out', 'server-main.js');

/** Installs the editor from npm unless it is there. It has its own lockfile, to keep the product's clean. */
export function ensureEditor(): void {
  ensureInstalled(folder, { because: 'a VS Code from npm, some 330 MB on disk' });
  // The editor looks for its run-time packages below itself; npm has put them beside it.
  const link = path.join(editorRoot, 'node_modules');
  if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(path.join(folder, 'node_modules'), link, 'junction');
  if (!existsSync(editorMain)) throw new Error(`The npm package code-server has no ${editorMain}.`);
}
