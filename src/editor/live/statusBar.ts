import * as vscode from 'vscode';
import { formatCount } from '../../shared/format.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { TrackerSession } from '../session/trackerSession.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { escapeMarkdown, oneLine } from '../trees/itemText.ts';
import { headlineText } from '../trees/runItem.ts';
import type { RunOnSave } from './runOnSave.ts';

const redrawMs = 250;

/** Two items: the window's workspace, and what is running or would run on save. */
export class StatusBar implements Disposable {
  readonly #state: TrackerState;
  readonly #session: TrackerSession;
  readonly #onSave: RunOnSave;
  readonly #owner = new Owner();
  readonly #workspace: vscode.StatusBarItem;
  readonly #running: vscode.StatusBarItem;
  #timer: NodeJS.Timeout | undefined;

  constructor(state: TrackerState, session: TrackerSession, onSave: RunOnSave) {
    this.#state = state;
    this.#session = session;
    this.#onSave = onSave;
    const { Left } = vscode.StatusBarAlignment;
    this.#workspace = this.#owner.own(vscode.window.createStatusBarItem('trainyard.workspace', Left, 11));
    this.#workspace.name = 'Trainyard workspace';
    this.#workspace.command = 'trainyard.switchWorkspace';
    this.#running = this.#owner.own(vscode.window.createStatusBarItem('trainyard.running', Left, 10));
    this.#running.name = 'Trainyard runs';
    this.#running.command = 'trainyard.showRuns';
    const redraw = () => this.#redraw();
    this.#owner.ownAll(
      state.workspaces.onChange(redraw),
      state.folder.onChange(redraw),
      state.onActiveRuns(redraw),
      session.onState(redraw),
      onSave.onChange(redraw),
      { dispose: () => clearTimeout(this.#timer) },
    );
    redraw();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #redraw(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drawWorkspace();
      this.#drawRunning();
    }, redrawMs);
  }

  #drawWorkspace(): void {
    const { workspace } = this.#state;
    if (!workspace) {
      this.#drawNoWorkspace();
      return;
    }
    const warning = workspace.readOnly ? '$(lock)' : '$(graph-line)';
    this.#workspace.text = `${warning} ${oneLine(workspace.name, 30)}`;
    const whose = this.#state.folder.value?.file === undefined ? '' : ', as this folder says';
    this.#workspace.tooltip =
      workspace.readOnly ?? `Trainyard workspace “${oneLine(workspace.name)}”${whose}. Click to switch.`;
    this.#workspace.show();
  }

  /** The folder names one that is not there: that must not look as if it were the default one. */
  #drawNoWorkspace(): void {
    const { problem } = this.#state.folder;
    if (problem === undefined || problem.code === 'unreachable') return;
    this.#workspace.text = '$(warning) No such workspace';
    this.#workspace.tooltip = [problem.message, problem.hint].filter(Boolean).join(' ');
    this.#workspace.show();
  }

  #drawRunning(): void {
    // While it connects again it is not there yet either; at the first time no workspace is known.
    const broken = this.#session.state.kind === 'broken' || this.#session.state.kind === 'connecting';
    const { activeRuns } = this.#state;
    const onSave = this.#onSave.enabled;
    if (broken && this.#state.workspace) {
      this.#running.text = '$(debug-disconnect) Tracker is not there';
      this.#running.tooltip = 'Connecting again. Runs go on by themselves.';
    } else if (activeRuns.length > 0) {
      this.#running.text = runningText(activeRuns);
      this.#running.tooltip = new vscode.MarkdownString(
        activeRuns
          .slice(0, 10)
          .map((run) => `- ${escapeMarkdown(run.name)} — ${run.state}`)
          .join('\n'),
      );
    } else if (onSave.length > 0) {
      this.#running.text = '$(save) Run on save';
      this.#running.tooltip = `Saving a watched file starts a run: ${onSave.map((name) => oneLine(name, 40)).join(', ')}`;
    } else {
      this.#running.hide();
      return;
    }
    this.#running.show();
  }
}

/** One run with its metric, several by their number. */
export function runningText(
  runs: readonly { name: string; headline?: Parameters<typeof headlineText>[0] | undefined }[],
): string {
  const [only] = runs;
  if (runs.length !== 1 || !only) return `$(sync~spin) ${formatCount(runs.length, 'run')}`;
  const metric = only.headline ? `  ${headlineText(only.headline)}` : '';
  return `$(sync~spin) ${oneLine(only.name, 30)}${metric}`;
}
