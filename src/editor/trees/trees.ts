import * as vscode from 'vscode';
import type { ViewId } from '../contributions.ts';
import { isNode, type Node } from '../nodes.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { TrackerState } from '../session/trackerState.ts';
import { setContext } from '../settings.ts';
import {
  activitySource,
  computeSource,
  deploymentSource,
  experimentSource,
  modelSource,
  workspaceSource,
} from './otherSources.ts';
import { RunSource, Ticked } from './runSource.ts';
import { TreeView } from './treeView.ts';

/** The views of the sidebar. Whichever becomes visible first starts the connection to the tracker. */
export class Trees implements Disposable {
  readonly ticked = new Ticked();
  readonly runs: TreeView;
  readonly #owner = new Owner();

  constructor(state: TrackerState) {
    const view = (
      id: ViewId,
      ...rest: [source: ConstructorParameters<typeof TreeView>[1], options?: { checkboxes: boolean }]
    ) => this.#owner.own(new TreeView(id, ...rest));
    this.runs = view('trainyard.runs', new RunSource(state, this.ticked), { checkboxes: true });
    view('trainyard.experiments', experimentSource(state));
    view('trainyard.models', modelSource(state));
    view('trainyard.compute', computeSource(state));
    view('trainyard.deployments', deploymentSource(state));
    view('trainyard.activity', activitySource(state));
    view('trainyard.workspaces', workspaceSource(state));
    this.#owner.ownAll(
      this.runs.view.onDidChangeCheckboxState(({ items }) => {
        for (const [node, checkbox] of items) {
          if (node.kind === 'run') this.ticked.set(node.id, checkbox === vscode.TreeItemCheckboxState.Checked);
        }
      }),
      // What is gone cannot be compared; a tick of it could not be taken away by hand.
      state.session.onEvent((event) => {
        if (event.type === 'run-removed' && this.ticked.has(event.run)) this.ticked.set(event.run, false);
      }),
      this.ticked.onChange(() => setContext('trainyard.ticked', this.ticked.ids.length)),
    );
  }

  /** What is selected in the runs view, the only one with keys of its own, as a command's arguments. */
  selection(): unknown[] {
    const nodes: Node[] = this.runs.view.selection.filter(isNode);
    return nodes.length > 0 ? [nodes[0], nodes] : [];
  }

  dispose(): void {
    this.#owner.dispose();
  }
}
