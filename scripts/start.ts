// npm start: builds, and opens a VS Code with Trainyard under development and a fresh copy of the example.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { hasDisplay } from '../test/harness/desktop.ts';
import { type Editor, startEditor } from '../test/harness/editor.ts';
import { ensureEditor } from '../test/harness/editorPackages.ts';
import { stopTracker, temporaryFolder } from '../test/harness/home.ts';
import { which } from '../test/rings/command.ts';
import { root } from './install.mjs';

/** What a person's own editor has switched on; the tests' quiet settings would be in the way. */
const settings = {
  'git.enabled': true,
  'workbench.reduceMotion': 'auto',
  'workbench.tips.enabled': true,
};

process.exitCode = await main().catch((error: Error) => {
  console.error(error.message);
  return 1;
});

async function main(): Promise<number> {
  console.log('Building …');
  const built = spawnSync(process.execPath, ['esbuild.mjs'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) throw new Error('The build failed; the reason stands above.');
  await using place = temporaryFolder('start');
  const folder = copyOfExample(place.path);
  console.log(`A fresh copy of the example lies in ${folder}; it goes when the editor is closed.`);
  const desktop = hasDisplay() ? which('code') : undefined;
  // The copy must outlive the editor, hence the await.
  return await (desktop ? openDesktop(desktop, folder, place.path) : openInBrowser(folder));
}

function copyOfExample(place: string): string {
  const example = ['examples/digits', 'test/fixtures/training'].find((folder) => existsSync(path.join(root, folder)));
  if (!example) throw new Error('The folder examples/digits is missing from this checkout.');
  const folder = path.join(place, 'digits');
  const leftOut = /(^|[/\\])(__pycache__|\.venv|outputs)$/;
  cpSync(path.join(root, example), folder, { recursive: true, filter: (file) => !leftOut.test(file) });
  commit(folder);
  return folder;
}

/** Puts the copy under version control, so that runs show a commit and changes. Without git they show none. */
function commit(folder: string): void {
  const author = [
    '-c',
    'user.name=Trainyard',
    '-c',
    'user.email=trainyard@example.invalid',
    '-c',
    'commit.gpgsign=false',
  ];
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '.'],
    [...author, 'commit', '-q', '-m', 'The example as it comes'],
  ]) {
    if (spawnSync('git', args, { cwd: folder, stdio: 'ignore' }).status !== 0) return;
  }
}

/** Returns when the window is closed. */
async function openDesktop(code: string, folder: string, place: string): Promise<number> {
  console.log('Opening VS Code …');
  // VS Code refuses to run as root with the person's own profile.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', `--user-data-dir=${path.join(place, 'profile')}`] : [];
  const child = spawn(code, [...asRoot, '--new-window', '--wait', `--extensionDevelopmentPath=${root}`, folder], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  console.log('Close the window, or press Ctrl-C here, to end.');
  process.once('SIGINT', () => child.kill());
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 0));
  });
}

/** Returns at Ctrl-C. The token in the address keeps other users of this machine out. */
async function openInBrowser(folder: string): Promise<number> {
  ensureEditor();
  console.log('Starting VS Code in the browser, since there is no desktop one …');
  const home = trackerHome();
  await using editor = await startEditor({
    folder,
    home,
    developmentPath: root,
    settings,
    connectionToken: randomBytes(16).toString('hex'),
    builtins: 'most',
  });
  console.log(`\nOpen this address in a browser on this machine:\n\n  ${editor.url}\n\nCtrl-C ends it.`);
  await ended(editor);
  console.log('\nClosing the editor …');
  await stopTracker(home);
  return 0;
}

/**
 * One home for all starts, so that earlier runs are still there. The tracker is ended with the editor; a training in
 * progress is not ours to end: it goes on, and the next start finds it.
 */
function trackerHome(): string {
  const home = process.env.TRAINYARD_HOME ?? path.join(root, '.cache', 'start-home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return home;
}

function ended(editor: Editor): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve());
    void editor.exited.then((code) =>
      reject(new Error(`The editor ended by itself with code ${code}.\n${editor.log().slice(-2000)}`)),
    );
  });
}
