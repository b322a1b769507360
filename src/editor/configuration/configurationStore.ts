import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import { configurationFolder, isConfigurationFile } from '../../shared/folderFiles.ts';
import { type Disposable, Emitter, Owner } from '../session/event.ts';
import { setContext, setting } from '../settings.ts';
import { editConfiguration, newConfigurationText, readConfiguration } from './configurationFile.ts';

/** A run configuration as it stands in a folder. */
export interface StoredConfiguration {
  readonly kind: 'configuration';
  /** Path of the file; unique. */
  readonly id: string;
  readonly name: string;
  /** The training folder, absolute. */
  readonly folder: string;
  readonly uri: vscode.Uri;
  /** Undefined when the file cannot be read as one. */
  readonly value: RunConfiguration | undefined;
}

const pattern = `**/${configurationFolder}/*.json`;

/** The run configurations of the window's folders, followed as files come, change and go. */
export class ConfigurationStore implements Disposable {
  readonly #owner = new Owner();
  readonly #changes = this.#owner.own(new Emitter<void>());
  readonly #folderChanges = this.#owner.own(new Emitter<void>());
  readonly #folderFiles = new Map<string, vscode.Uri>();
  readonly #files = new Map<string, StoredConfiguration>();
  #loaded: Promise<void> | undefined;

  constructor() {
    const watcher = this.#owner.own(vscode.workspace.createFileSystemWatcher(pattern));
    const read = (uri: vscode.Uri) =>
      void this.#read(uri).then(() => {
        if (isFolderFile(uri)) this.#folderChanges.fire();
        this.#changed();
      });
    this.#owner.ownAll(
      watcher.onDidChange(read),
      watcher.onDidCreate(read),
      // News of a deletion may come after the file is there again: what is on the disk decides.
      watcher.onDidDelete(read),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.#loaded = undefined;
        void this.all();
      }),
    );
  }

  readonly onChange = this.#changes.event;
  /** A file that says which workspace a folder belongs to came, changed or went. */
  readonly onFolderChange = this.#folderChanges.event;

  /** The files beside the configurations that are about their folder. */
  get folderFiles(): vscode.Uri[] {
    return [...this.#folderFiles.values()];
  }

  /** What has been read so far. */
  get known(): StoredConfiguration[] {
    return [...this.#files.values()];
  }

  async all(): Promise<StoredConfiguration[]> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    return this.known;
  }

  /** Configurations of a training folder, or of those below it. */
  async below(folder: string): Promise<StoredConfiguration[]> {
    return (await this.all()).filter((one) => one.folder === folder || one.folder.startsWith(folder + path.sep));
  }

  /** Configurations that run a script, given by its absolute path. */
  forScript(file: string): StoredConfiguration[] {
    return this.known.filter(({ folder, value }) => value && path.resolve(folder, value.script) === file);
  }

  /** Writes a new file. @returns it as read back */
  async create(folder: string, name: string, configuration: RunConfiguration): Promise<StoredConfiguration> {
    const uri = vscode.Uri.file(path.join(folder, configurationFolder, `${name}.json`));
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(newConfigurationText(configuration)));
    const stored = await this.#read(uri);
    this.#changed();
    if (!stored) throw new Problem('not-found', `${uri.fsPath} was written and is gone.`, { hint: 'Try again.' });
    return stored;
  }

  /** Changes one value in the file; comments stay. */
  async edit(one: StoredConfiguration, keys: readonly string[], value: unknown): Promise<void> {
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(one.uri));
    await vscode.workspace.fs.writeFile(one.uri, new TextEncoder().encode(editConfiguration(text, keys, value)));
    await this.#read(one.uri);
    this.#changed();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #load(): Promise<void> {
    const uris = await vscode.workspace.findFiles(pattern, '**/{node_modules,.venv,venv,site-packages}/**', 500);
    this.#files.clear();
    this.#folderFiles.clear();
    await Promise.all(uris.map((uri) => this.#read(uri)));
    this.#changed();
  }

  async #read(uri: vscode.Uri): Promise<StoredConfiguration | undefined> {
    if (isOfTracker(uri.fsPath)) return undefined;
    let text: string;
    try {
      text = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch {
      this.#files.delete(uri.fsPath);
      this.#folderFiles.delete(uri.fsPath);
      return undefined;
    }
    if (isFolderFile(uri)) {
      this.#folderFiles.set(uri.fsPath, uri);
      return undefined;
    }
    const value = readConfiguration(text);
    const folder = path.dirname(path.dirname(uri.fsPath));
    const name = path.basename(uri.fsPath, '.json');
    const stored: StoredConfiguration = { kind: 'configuration', id: uri.fsPath, name, folder, uri, value };
    this.#files.set(uri.fsPath, stored);
    return stored;
  }

  #changed(): void {
    const scripts = this.known.flatMap(({ folder, value }) => (value ? [path.resolve(folder, value.script)] : []));
    setContext('trainyard.scripts', scripts);
    this.#changes.fire();
  }
}

/** With the person's home directory open, the tracker's own files and its copies of folders match the pattern too. */
function isOfTracker(file: string): boolean {
  const home = setting('trainyard.home') || process.env.TRAINYARD_HOME || path.join(os.homedir(), configurationFolder);
  const inner = path.relative(path.resolve(home), file);
  return !inner.startsWith('..') && !path.isAbsolute(inner);
}

function isFolderFile(uri: vscode.Uri): boolean {
  return !isConfigurationFile(path.basename(uri.fsPath));
}
