import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { editorMain, editorRoot, ensureEditor } from './editorPackages.ts';
import { temporaryFolder } from './home.ts';
import { descendants, endProcess, signal } from './processes.ts';

export interface EditorOptions {
  /** The folder that the window opens. */
  folder: string;
  /** The tracker's home (`TRAINYARD_HOME`), private to this editor. */
  home: string;
  /** A package to install; without it, `developmentPath` is loaded from its sources. */
  vsix?: string | undefined;
  /** The extension under development. */
  developmentPath?: string | undefined;
  /** Where a suite for `extensionTestsPath` is; also switches the smoke-test driver on, which the suite needs. */
  testsPath?: string | undefined;
  /** User settings on top of the quiet defaults. */
  settings?: Record<string, unknown>;
  /** Environment of the editor, of the extension and of what it starts. */
  env?: Record<string, string>;
  /** `all`: no Workspace Trust at all. `ask`: as for a person; the folder is not trusted at first. */
  trust?: 'all' | 'ask';
  /** With a token the address is for its holder only; tests need none. */
  connectionToken?: string;
  /** Built-in extensions: the few that tests want, or what a person would have. */
  builtins?: 'few' | 'most';
}

export interface Editor extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly origin: string;
  readonly pid: number;
  /** The window's address: folder, extension under development and suite included. */
  readonly url: string;
  readonly settingsFile: string;
  /** Fulfilled with its exit code when the server ends, by itself or not. */
  readonly exited: Promise<number>;
  /** The server's own log, for messages of failed tests. */
  log(): string;
  /** The extension hosts that live now; one for each window, for a while more after a killed browser. */
  extensionHosts(): number[];
  /** Kills them; the editor starts new ones by itself (twice in five minutes, then it asks). */
  killExtensionHosts(): void;
  stop(): Promise<void>;
}

/** No first-run pages, experiments, updates, telemetry or animations: every start is the same. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.confirmBeforeClose': 'never',
  'workbench.colorTheme': 'Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

const fewBuiltins = ['theme-defaults', 'theme-seti', 'json', 'json-language-features', 'python', 'r', 'shellscript'];
/** Need an account or a network, or get in the way of a first look. */
const unwantedBuiltins = /^copilot$|authentication$|^(simple-browser|tunnel-forwarding|ms-vscode\..*)$/;

/**
 * Starts a real VS Code as a server on loopback. Nothing is shared between two editors: user data, extensions and
 * logs are in a private folder that `stop` removes.
 */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  ensureEditor();
  const state = temporaryFolder('editor');
  const folders = prepare(state.path, options);
  const env = environment(options);
  try {
    if (options.vsix) await installVsix(options.vsix, folders.args, env);
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [editorMain, ...folders.args, ...serverArguments(port, options), '--builtin-extensions-dir', folders.builtins],
      {
        env,
        detached: true,
        stdio: ['ignore', openSync(folders.log, 'a'), openSync(folders.log, 'a')],
      },
    );
    const editor = handleOf(child, port, options, { ...folders, dispose: state.dispose });
    await answering(editor, child);
    return editor;
  } catch (error) {
    await state.dispose();
    throw error;
  }
}

interface Prepared {
  args: string[];
  builtins: string;
  log: string;
  settingsFile: string;
}

function prepare(state: string, options: EditorOptions): Prepared {
  const at = (...parts: string[]) => path.join(state, ...parts);
  for (const folder of ['data/User', 'data/Machine', 'extensions', 'builtin'])
    mkdirSync(at(folder), { recursive: true });
  for (const name of builtins(options.builtins ?? 'few')) {
    symlinkSync(path.join(editorRoot, 'extensions', name), at('builtin', name), 'junction');
  }
  // Without the smoke-test driver the window's payload is ignored, and with it the extension under development.
  if (options.developmentPath && !options.testsPath) {
    symlinkSync(path.resolve(options.developmentPath), at('builtin', 'development'), 'junction');
  }
  const settingsFile = at('data', 'User', 'settings.json');
  writeFileSync(settingsFile, JSON.stringify({ ...quietSettings, ...options.settings }, undefined, 2));
  // Settings of scope `machine` (interpreters, Docker) count in a remote window only from the machine's own file.
  writeFileSync(at('data', 'Machine', 'settings.json'), JSON.stringify(options.settings ?? {}, undefined, 2));
  const args = ['--server-data-dir', at('server'), '--user-data-dir', at('data'), '--extensions-dir', at('extensions')];
  return {
    args: [...args, '--accept-server-license-terms'],
    builtins: at('builtin'),
    log: at('server.log'),
    settingsFile,
  };
}

function builtins(which: 'few' | 'most'): string[] {
  if (which === 'few') return fewBuiltins;
  const folders = readdirSync(path.join(editorRoot, 'extensions'), { withFileTypes: true });
  return folders.filter((entry) => entry.isDirectory() && !unwantedBuiltins.test(entry.name)).map(({ name }) => name);
}

function serverArguments(port: number, options: EditorOptions): string[] {
  const token = options.connectionToken;
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--telemetry-level', 'off'],
    ...['--disable-experiments', '--disable-update-check'],
    ...(token ? ['--connection-token', token] : ['--without-connection-token']),
    ...(options.trust === 'ask' ? [] : ['--disable-workspace-trust']),
    // Without the driver the payload's tests are ignored; with it, notifications are never drawn.
    ...(options.testsPath ? ['--enable-smoke-test-driver', '--log', 'error'] : []),
  ];
}

/** A terminal of VS Code or an Electron has variables that would make our editor think it is part of theirs. */
function environment(options: EditorOptions): NodeJS.ProcessEnv {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_)/.test(name)),
  );
  return { ...env, EXTENSIONS_GALLERY: '{}', TRAINYARD_HOME: options.home, ...options.env };
}

async function installVsix(vsix: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const done = await promisify(execFile)(process.execPath, [editorMain, ...args, '--install-extension', vsix], { env });
  if (!done.stdout.includes('successfully installed'))
    throw new Error(`Not installed: ${vsix}\n${done.stdout}${done.stderr}`);
}

function handleOf(
  child: ChildProcess,
  port: number,
  options: EditorOptions,
  own: Prepared & { dispose(): Promise<void> },
): Editor {
  const pid = child.pid ?? 0;
  const origin = `http://127.0.0.1:${port}`;
  const killNow = () => signal(-pid, 'SIGKILL');
  process.once('exit', killNow);
  const stop = async () => {
    process.off('exit', killNow);
    await endProcess(-pid);
    killNow();
    await own.dispose();
  };
  return {
    origin,
    pid,
    url: windowAddress(origin, port, options),
    settingsFile: own.settingsFile,
    exited: new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1))),
    log: () => (existsSync(own.log) ? readFileSync(own.log, 'utf8') : ''),
    extensionHosts: () => descendants(pid, '--type=extensionHost'),
    killExtensionHosts: () => {
      for (const host of descendants(pid, '--type=extensionHost')) signal(host, 'SIGKILL');
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function windowAddress(origin: string, port: number, options: EditorOptions): string {
  const remote = (file: string) => `vscode-remote://127.0.0.1:${port}${path.resolve(file)}`;
  const payload = [
    ...(options.developmentPath ? [['extensionDevelopmentPath', remote(options.developmentPath)]] : []),
    ...(options.testsPath ? [['extensionTestsPath', remote(options.testsPath)]] : []),
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  const url = new URL(origin);
  if (options.connectionToken) url.searchParams.set('tkn', options.connectionToken);
  url.searchParams.set('folder', path.resolve(options.folder));
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

async function answering(editor: Editor, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const ok = await fetch(`${editor.origin}/version`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    if (child.exitCode !== null || Date.now() > deadline) {
      const log = editor.log();
      await editor.stop();
      throw new Error(`The editor's server did not start. Its log:\n${log.slice(-4000)}`);
    }
    await sleep(50);
  }
}

/** A port that was free a moment ago. The server has no way to choose one itself and to tell us. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
