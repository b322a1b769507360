import * as vscode from 'vscode';
import type { ReplyFor } from '../../shared/api/routes.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { ids } from '../contributions.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { oneLine } from '../trees/itemText.ts';

type RunError = ReplyFor<'runs.errors'>['errors'][number];

/**
 * The traceback of a failed run, in Problems at the person's own line. It goes when the next run of the same script
 * starts, or by command.
 */
export class RunErrors implements Disposable {
  readonly #state: TrackerState;
  readonly #owner = new Owner();
  readonly #collection: vscode.DiagnosticCollection;
  /** What each script's last failed run put where. */
  readonly #shown = new Map<string, { run: string; uris: vscode.Uri[] }>();

  constructor(state: TrackerState, log: vscode.LogOutputChannel) {
    this.#state = state;
    this.#collection = this.#owner.own(vscode.languages.createDiagnosticCollection(`${ids.diagnostics}-runs`));
    this.#owner.own(
      state.onRunEnded((run) => {
        if (run.state !== 'failed') return;
        this.show(run).catch((error: unknown) => log.warn(`The errors of ${run.name} could not be read: ${error}`));
      }),
    );
    this.#owner.own(
      state.onActiveRuns(() => {
        for (const run of state.activeRuns) this.#forget(run);
      }),
    );
  }

  /** Puts the errors of a run into Problems. @returns how many have a place in a file of the person's own */
  async show(run: RunSummary): Promise<number> {
    const { errors } = await this.#state.session.call('runs.errors', {
      params: { workspace: run.workspace, run: run.id },
    });
    this.#clearScript(scriptKey(run));
    const places = errors.flatMap((error) => place(error, run) ?? []);
    const uris: vscode.Uri[] = [];
    for (const { uri, diagnostic } of places) {
      this.#collection.set(uri, [...(this.#collection.get(uri) ?? []), diagnostic]);
      uris.push(uri);
    }
    this.#shown.set(scriptKey(run), { run: run.id, uris });
    return places.length;
  }

  clear(): void {
    this.#collection.clear();
    this.#shown.clear();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #forget(run: RunSummary): void {
    const shown = this.#shown.get(scriptKey(run));
    if (shown && shown.run !== run.id) this.#clearScript(scriptKey(run));
  }

  #clearScript(key: string): void {
    for (const uri of this.#shown.get(key)?.uris ?? []) this.#collection.delete(uri);
    this.#shown.delete(key);
  }
}

function scriptKey(run: RunSummary): string {
  return `${run.folder}\n${run.script}`;
}

/** Frames come innermost first; the first in a file of the person's own carries the message, the others are related. */
function place(error: RunError, run: RunSummary): { uri: vscode.Uri; diagnostic: vscode.Diagnostic } | undefined {
  const own = error.frames.filter((frame) => frame.own);
  const [innermost] = own;
  if (!innermost) return undefined;
  const diagnostic = new vscode.Diagnostic(
    lineRange(innermost.line),
    `${error.message}  (run ${oneLine(run.name, 60)})`,
    vscode.DiagnosticSeverity.Error,
  );
  diagnostic.source = 'Trainyard';
  diagnostic.relatedInformation = own.slice(1).map((frame) => {
    const location = new vscode.Location(vscode.Uri.file(frame.file), lineRange(frame.line));
    return new vscode.DiagnosticRelatedInformation(location, `called from ${frame.function ?? 'here'}`);
  });
  return { uri: vscode.Uri.file(innermost.file), diagnostic };
}

function lineRange(line: number): vscode.Range {
  const at = Math.max(0, line - 1);
  return new vscode.Range(at, 0, at, Number.MAX_SAFE_INTEGER);
}
