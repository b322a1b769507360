import * as vscode from 'vscode';
import type { ConfigurationStore } from '../configuration/configurationStore.ts';
import { looksLikeTraining, scriptExtensions } from '../configuration/scripts.ts';
import { type Disposable, Owner } from '../session/event.ts';
import { setting } from '../settings.ts';
import { headlineText } from '../trees/runItem.ts';
import type { ScriptRuns } from './scriptRuns.ts';

const selector: vscode.DocumentSelector = scriptExtensions.map((extension) => ({
  scheme: 'file',
  pattern: `**/*${extension}`,
}));

/** `▷ Train │ ⚙ │ last acc 0.981` where a training script starts; on other files nothing. */
export class TrainLens implements vscode.CodeLensProvider, Disposable {
  readonly #configurations: ConfigurationStore;
  readonly #runs: ScriptRuns;
  readonly #owner = new Owner();
  readonly #changes = this.#owner.own(new vscode.EventEmitter<void>());
  /** What each document's lenses said, so that a metric's hundredth move does not redraw what stays the same. */
  readonly #last = new Map<string, string>();
  readonly onDidChangeCodeLenses = this.#changes.event;

  constructor(configurations: ConfigurationStore, runs: ScriptRuns) {
    this.#configurations = configurations;
    this.#runs = runs;
    this.#owner.ownAll(
      vscode.languages.registerCodeLensProvider(selector, this),
      configurations.onChange(() => this.#changes.fire()),
      runs.onChange((file) => {
        if (this.#last.has(file) && this.#last.get(file) !== this.#lastText(file)) this.#changes.fire();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('trainyard.codeLens')) this.#changes.fire();
      }),
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!setting('trainyard.codeLens.enabled', document.uri)) return [];
    const file = document.uri.fsPath;
    const text = document.getText();
    const [configuration] = this.#configurations.forScript(file);
    if (!configuration && !looksLikeTraining(file, text)) return [];
    const line = startLine(text);
    const range = new vscode.Range(line, 0, line, 0);
    const lens = (title: string, command: string, argument: unknown, tooltip: string) =>
      new vscode.CodeLens(range, { title, command, arguments: [argument], tooltip });
    const last = this.#lastText(file);
    this.#last.set(file, last);
    const run = this.#runs.of(file)?.run;
    return [
      lens('$(play) Train', 'trainyard.train', configuration ?? document.uri, 'Start a run of this script'),
      ...(configuration
        ? [
            lens(
              '$(gear)',
              'trainyard.editConfiguration',
              configuration,
              `Edit the run configuration “${configuration.name}”`,
            ),
          ]
        : []),
      ...(run && last ? [lens(last, 'trainyard.openRun', { kind: 'run', id: run.id }, `Open ${run.name}`)] : []),
    ];
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #lastText(file: string): string {
    const run = this.#runs.of(file)?.run;
    if (!run) return '';
    if (run.state === 'running') return `$(sync~spin) ${run.headline ? headlineText(run.headline) : 'running'}`;
    return run.headline ? `last ${headlineText(run.headline)}` : `last ${run.state}`;
  }
}

/** The line of `if __name__ == "__main__":`, or the first line of code. */
export function startLine(text: string): number {
  const lines = text.split('\n');
  const main = lines.findIndex((line) => /^if\s+__name__\s*==\s*['"]__main__['"]/.test(line));
  return Math.max(0, main);
}
