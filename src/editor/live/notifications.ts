import * as vscode from 'vscode';
import type { RunSummary } from '../../shared/domain/run.ts';
import type { Panels } from '../panels/panels.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { setting } from '../settings.ts';
import { inert, oneLine } from '../trees/itemText.ts';
import { headlineText } from '../trees/runItem.ts';

/** At most one notification for a run that ended, and only when its page is not to be seen; notices of the tracker. */
export class Notifications implements Disposable {
  readonly #state: TrackerState;
  readonly #panels: Panels;
  readonly #owner = new Owner();

  constructor(state: TrackerState, panels: Panels, log: vscode.LogOutputChannel) {
    this.#state = state;
    this.#panels = panels;
    this.#owner.own(
      state.onRunEnded((run) => {
        this.#ended(run).catch((error: unknown) => log.warn(`The end of ${run.name} could not be told: ${error}`));
      }),
    );
    this.#owner.own(
      state.onNotice(({ level, message, hint }) => {
        const text = inert(hint ? `${message} ${hint}` : message);
        log[level === 'warning' ? 'warn' : level](text);
        if (level === 'error') void vscode.window.showErrorMessage(text);
        else if (level === 'warning') void vscode.window.showWarningMessage(text);
        else vscode.window.setStatusBarMessage(text, 10_000);
      }),
    );
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #ended(run: RunSummary): Promise<void> {
    const when = setting('trainyard.notifications.runEnd');
    const failed = run.state === 'failed' || run.state === 'unknown';
    if (when === 'never' || (when === 'failures' && !failed) || this.#panels.shows(run.id)) return;
    // Cancelled by the person, superseded by their next save, or part of another run: no news.
    if (run.state === 'cancelled' || run.parent !== undefined) return;
    const node = { kind: 'run', id: run.id };
    const name = oneLine(run.name, 60);
    if (failed) {
      const answer = await vscode.window.showErrorMessage(
        `${name}: ${oneLine(run.end?.message ?? run.state, 300)}`,
        'Show error',
        'Open run',
      );
      if (answer === 'Show error') await vscode.commands.executeCommand('trainyard.showErrors', node);
      else if (answer) await vscode.commands.executeCommand('trainyard.openRun', node);
      return;
    }
    const metric = run.headline ? `: ${headlineText(run.headline)}` : '';
    const actions = ['Open run', ...((await this.#leftModel(run)) ? ['Register model'] : [])];
    const answer = await vscode.window.showInformationMessage(`${name} finished${metric}`, ...actions);
    if (answer === 'Register model') await vscode.commands.executeCommand('trainyard.registerModel', node);
    else if (answer) await vscode.commands.executeCommand('trainyard.openRun', node);
  }

  async #leftModel(run: RunSummary): Promise<boolean> {
    const { entries } = await this.#state.session.call('runs.outputs', {
      params: { workspace: run.workspace, run: run.id },
      query: { recursive: true },
    });
    return entries.some(({ path }) => path.endsWith('.onnx'));
  }
}
