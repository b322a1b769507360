import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { PageAction, PageName, PageState } from '../../shared/panel/protocol.ts';
import { isActive } from '../../shared/runState.ts';
import { seriesStyle } from '../../shared/seriesStyle.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { oneLine } from '../trees/itemText.ts';
import { isPageState } from './messages.ts';
import { PageHost } from './pageHost.ts';
import { pageHtml } from './pageHtml.ts';

const pages: readonly PageName[] = ['run', 'model', 'deployment'];

interface Open {
  readonly panel: vscode.WebviewPanel;
  readonly host: PageHost;
  /** Opened by a submit and not asked for since: the next submit may take its place. */
  transient: boolean;
}

export interface Place {
  readonly beside?: boolean;
  readonly preserveFocus?: boolean;
  /** Opened by itself, not by the person; takes the place of an earlier one whose run has ended. */
  readonly transient?: boolean;
}

/**
 * The pages that are open in this window: one for each run, model and deployment. A page that is asked for again is
 * brought to the front; after a reload the editor hands each back with the state that it kept.
 */
export class Panels implements Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #state: TrackerState;
  readonly #act: (action: PageAction, state: PageState) => Promise<unknown>;
  readonly #open = new Set<Open>();
  readonly #owner = new Owner();

  constructor(
    extensionUri: vscode.Uri,
    state: TrackerState,
    act: (action: PageAction, state: PageState) => Promise<unknown>,
  ) {
    this.#extensionUri = extensionUri;
    this.#state = state;
    this.#act = act;
    for (const page of pages) {
      const restore = async (panel: vscode.WebviewPanel, kept: unknown) => this.#restore(panel, kept);
      this.#owner.own(vscode.window.registerWebviewPanelSerializer(typeOf(page), { deserializeWebviewPanel: restore }));
    }
    this.#owner.ownAll(
      state.runs.onChange((change) => {
        const open = change.kind === 'run' ? this.#find(`run:${change.id}`) : undefined;
        if (open) this.#retitle(open.panel, open.host.state);
      }),
      state.deployments.onChange(() => {
        for (const { panel, host } of this.#open) this.#retitle(panel, host.state);
      }),
    );
  }

  /** The run whose page is in front. */
  get activeRun(): string | undefined {
    for (const { panel, host } of this.#open) {
      if (panel.active && host.state.page === 'run') return host.state.run;
    }
    return undefined;
  }

  /** Whether the page of a run can be seen now, so that nobody need be told how it ended. */
  shows(run: string): boolean {
    return this.#find(`run:${run}`)?.panel.visible ?? false;
  }

  open(state: PageState, place: Place = {}): void {
    const existing = this.#find(keyOf(state)) ?? (place.transient ? this.#replaceable() : undefined);
    if (existing) {
      const same = keyOf(existing.host.state) === keyOf(state);
      existing.transient &&= place.transient ?? false;
      existing.panel.reveal(existing.panel.viewColumn, place.preserveFocus ?? false);
      if (!same || hasMore(state))
        existing.host.show(same ? ({ ...existing.host.state, ...state } as PageState) : state);
      this.#retitle(existing.panel, existing.host.state);
      return;
    }
    const viewColumn = place.beside ? columnBeside() : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(
      typeOf(state.page),
      'Trainyard',
      { viewColumn, preserveFocus: place.preserveFocus ?? false },
      { enableFindWidget: true, retainContextWhenHidden: false },
    );
    this.#fill(panel, state, place.transient ?? false);
  }

  dispose(): void {
    this.#owner.dispose();
    for (const { panel } of this.#open) panel.dispose();
  }

  #restore(panel: vscode.WebviewPanel, kept: unknown): void {
    // A page keeps its state together with its choices of view (webview/shared/host.ts).
    const state = typeof kept === 'object' && kept !== null && 'state' in kept ? kept.state : undefined;
    if (isPageState(state) && !this.#find(keyOf(state))) this.#fill(panel, state, false);
    else panel.dispose();
  }

  #find(key: string): Open | undefined {
    return [...this.#open].find(({ host }) => keyOf(host.state) === key);
  }

  /** A page that opened by itself, of a run that has ended, compared with none. */
  #replaceable(): Open | undefined {
    return [...this.#open].find(({ transient, host: { state } }) => {
      if (!transient || state.page !== 'run' || (state.compare?.length ?? 0) > 0) return false;
      const run = this.#state.runs.get(state.run);
      return run !== undefined && !isActive(run.state);
    });
  }

  #fill(panel: vscode.WebviewPanel, state: PageState, transient: boolean): void {
    const { webview } = panel;
    const root = vscode.Uri.joinPath(this.#extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    const host = new PageHost({
      session: this.#state.session,
      state,
      post: (message) => void webview.postMessage(message),
      act: (action, current) => this.#act(action, current),
      changed: (changed) => this.#retitle(panel, changed),
    });
    const messages = webview.onDidReceiveMessage((message: unknown) => void host.receive(message));
    panel.onDidDispose(() => {
      messages.dispose();
      host.dispose();
      this.#open.delete(open);
    });
    const open: Open = { panel, host, transient };
    this.#open.add(open);
    this.#retitle(panel, state);
    const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    webview.html = pageHtml(
      panel.title,
      { state },
      {
        script: file(`${state.page}.js`),
        style: file(`${state.page}.css`),
        codicons: file('codicon.css'),
        cspSource: webview.cspSource,
      },
      randomBytes(16).toString('base64url'),
    );
  }

  #retitle(panel: vscode.WebviewPanel, state: PageState): void {
    const title = this.#titleOf(state);
    if (panel.title !== title) panel.title = title;
    const icon = state.page === 'run' ? `run${seriesStyle(state.run).index}` : state.page;
    panel.iconPath = vscode.Uri.joinPath(this.#extensionUri, 'media', 'pages', `${icon}.svg`);
    if (state.page === 'deployment' && !this.#state.deployments.value) {
      void this.#state.deployments.get().catch(ignore);
    }
    if (state.page === 'run' && !this.#state.runs.get(state.run)) {
      void this.#state.run(state.run).then((run) => this.#state.runs.put(run), ignore);
    }
  }

  #titleOf(state: PageState): string {
    switch (state.page) {
      case 'run':
        return oneLine(this.#state.runs.get(state.run)?.name ?? 'Run', 60);
      case 'model':
        return oneLine(state.version ? `${state.model} v${state.version}` : state.model, 60);
      case 'deployment':
        return oneLine(
          this.#state.deployments.value?.find(({ id }) => id === state.deployment)?.name ?? 'Deployment',
          60,
        );
    }
  }
}

function ignore(): void {
  // The title stays; the page itself says what could not be read.
}

function typeOf(page: PageName): string {
  return `trainyard.${page}`;
}

function keyOf(state: PageState): string {
  switch (state.page) {
    case 'run':
      return `run:${state.run}`;
    case 'model':
      return `model:${state.model}`;
    case 'deployment':
      return `deployment:${state.deployment}`;
  }
}

/** Whether a state says more than which thing: a tab, a version, runs to compare with. */
function hasMore(state: PageState): boolean {
  return Object.keys(state).length > 3;
}

/** Beside the script, or where a page of ours is already, so that pages do not multiply columns. */
function columnBeside(): vscode.ViewColumn {
  for (const group of vscode.window.tabGroups.all) {
    const ours = group.tabs.some(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('trainyard.'),
    );
    if (ours) return group.viewColumn;
  }
  return vscode.window.activeTextEditor ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
}
