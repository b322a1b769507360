import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { PageAction, PageName, PageState } from '../../shared/panel/protocol.ts';
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
}

/**
 * The pages that are open in this window: one for each run, model and deployment. A page that is asked for again is
 * brought to the front; after a reload the editor hands each back with the state that it kept.
 */
export class Panels implements Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #state: TrackerState;
  readonly #act: (action: PageAction, state: PageState) => Promise<unknown>;
  readonly #open = new Map<string, Open>();
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
    this.#owner.own(
      state.runs.onChange((change) => {
        const open = change.kind === 'run' ? this.#open.get(`run:${change.id}`) : undefined;
        if (open) this.#retitle(open.panel, open.host.state);
      }),
    );
  }

  /** The run whose page is in front. */
  get activeRun(): string | undefined {
    for (const { panel, host } of this.#open.values()) {
      if (panel.active && host.state.page === 'run') return host.state.run;
    }
    return undefined;
  }

  /** Whether the page of a run can be seen now, so that nobody need be told how it ended. */
  shows(run: string): boolean {
    return this.#open.get(`run:${run}`)?.panel.visible ?? false;
  }

  open(state: PageState, place: { beside?: boolean; preserveFocus?: boolean } = {}): void {
    const existing = this.#open.get(keyOf(state));
    if (existing) {
      existing.panel.reveal(existing.panel.viewColumn, place.preserveFocus ?? false);
      if (hasMore(state)) existing.host.show({ ...existing.host.state, ...state } as PageState);
      return;
    }
    const viewColumn = place.beside ? columnBeside() : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(
      typeOf(state.page),
      'Trainyard',
      { viewColumn, preserveFocus: place.preserveFocus ?? false },
      { enableFindWidget: true, retainContextWhenHidden: false },
    );
    this.#fill(panel, state);
  }

  dispose(): void {
    this.#owner.dispose();
    for (const { panel } of this.#open.values()) panel.dispose();
  }

  #restore(panel: vscode.WebviewPanel, kept: unknown): void {
    if (isPageState(kept) && !this.#open.has(keyOf(kept))) this.#fill(panel, kept);
    else panel.dispose();
  }

  #fill(panel: vscode.WebviewPanel, state: PageState): void {
    const { webview } = panel;
    const root = vscode.Uri.joinPath(this.#extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    const key = keyOf(state);
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
      this.#open.delete(key);
    });
    this.#open.set(key, { panel, host });
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
