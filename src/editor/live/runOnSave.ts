import * as vscode from 'vscode';
import type { ConfigurationStore, StoredConfiguration } from '../configuration/configurationStore.ts';
import { type Disposable, Emitter, Owner } from '../session/event.ts';
import { setting } from '../settings.ts';
import { watching } from './watching.ts';

/** Saves that follow each other this closely are one: save-all, format on save, a nervous hand. */
const quietMs = 400;

export type Submit = (configuration: StoredConfiguration) => Promise<unknown>;

/** Starts a run when a watched file is saved; a newer one supersedes a run that still goes. */
export class RunOnSave implements Disposable {
  readonly #configurations: ConfigurationStore;
  readonly #submit: Submit;
  readonly #failed: (error: unknown) => void;
  readonly #owner = new Owner();
  readonly #changes = this.#owner.own(new Emitter<void>());
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(configurations: ConfigurationStore, submit: Submit, failed: (error: unknown) => void) {
    this.#configurations = configurations;
    this.#submit = submit;
    this.#failed = failed;
    this.#owner.ownAll(
      vscode.workspace.onDidSaveTextDocument(({ uri }) => this.#saved(uri)),
      configurations.onChange(() => this.#changes.fire()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('trainyard.runOnSave')) this.#changes.fire();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changes.fire()),
      { dispose: () => this.#stopWaiting() },
    );
  }

  readonly onChange = this.#changes.event;

  /** Names of the configurations that are switched on; none where nothing may be started. */
  get enabled(): string[] {
    if (!vscode.workspace.isTrusted || !setting('trainyard.runOnSave.enabled')) return [];
    return this.#configurations.known.filter(({ value }) => value?.onSave?.enabled).map(({ name }) => name);
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #saved(uri: vscode.Uri): void {
    if (uri.scheme !== 'file' || !vscode.workspace.isTrusted) return;
    if (!setting('trainyard.runOnSave.enabled', uri)) return;
    for (const { id } of watching(this.#configurations.known, uri.fsPath)) {
      clearTimeout(this.#waiting.get(id));
      this.#waiting.set(
        id,
        setTimeout(() => this.#start(id), quietMs),
      );
    }
  }

  #stopWaiting(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
  }

  #start(id: string): void {
    this.#waiting.delete(id);
    // Read again: the save may have been of the configuration itself.
    const configuration = this.#configurations.known.find((one) => one.id === id);
    if (configuration) this.#submit(configuration).catch(this.#failed);
  }
}
