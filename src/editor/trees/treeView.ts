import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { ViewId } from '../contributions.ts';
import type { Node } from '../nodes.ts';
import { Coalescer } from '../session/coalesce.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { ItemText } from './itemText.ts';

/** What one view shows, as plain data. A source holds no state of its own but what it is given. */
export interface TreeSource {
  /** @throws Problem; it is shown in the view. */
  children(parent: Node | undefined): Promise<Node[]>;
  parent?(node: Node): Node | undefined;
  item(node: Node, now: number): ItemText | undefined;
  /** Tells which node is out of date, `undefined` for the whole view. */
  listen(changed: (node: Node | undefined) => void): Disposable;
  /** Text beside the view's title, and the number on its icon. */
  header?(): { description?: string; badge?: { value: number; tooltip: string } | undefined };
  /** What a click does. */
  command?(node: Node): vscode.Command | undefined;
}

/** Views refresh at most four times a second. */
const refreshMs = 250;
/** Ages and running times are text that grows old by itself. */
const ageMs = 15_000;

interface Failure {
  readonly kind: 'failure';
  readonly id: string;
  readonly problem: Problem;
}
type Shown = Node | Failure;

/**
 * One view of the sidebar: turns a source's data into items, fires leaves, not parents, and only while visible. Nodes
 * are one object for each id, because that is how the editor recognises them.
 */
export class TreeView implements vscode.TreeDataProvider<Shown>, vscode.Disposable {
  readonly view: vscode.TreeView<Shown>;
  readonly #source: TreeSource;
  readonly #owner = new Owner();
  readonly #changes = new vscode.EventEmitter<Shown | Shown[] | undefined>();
  readonly #nodes = new Map<string, Node>();
  readonly #drawn = new Map<string, string>();
  readonly #coalescer: Coalescer<string>;
  readonly onDidChangeTreeData = this.#changes.event;

  constructor(id: ViewId, source: TreeSource, options: { checkboxes?: boolean } = {}) {
    this.#source = source;
    this.#coalescer = this.#owner.own(new Coalescer<string>(refreshMs, (keys) => this.#flush(keys)));
    this.view = vscode.window.createTreeView<Shown>(id, {
      treeDataProvider: this,
      canSelectMany: true,
      showCollapseAll: true,
      ...(options.checkboxes ? { manageCheckboxStateManually: true } : {}),
    });
    this.#coalescer.paused = !this.view.visible;
    const clock = setInterval(() => this.#age(), ageMs);
    this.#owner.ownAll(
      this.view,
      this.#changes,
      { dispose: () => clearInterval(clock) },
      this.view.onDidChangeVisibility(({ visible }) => {
        this.#coalescer.paused = !visible;
        if (visible) this.#age();
      }),
      source.listen((node) => {
        this.#header();
        this.#coalescer.add(node ? keyOf(node) : '');
      }),
    );
  }

  async getChildren(parent?: Shown): Promise<Shown[]> {
    if (parent?.kind === 'failure') return [];
    try {
      const nodes = await this.#source.children(parent);
      this.#header();
      return nodes.map((node) => this.#known(node));
    } catch (error) {
      return [{ kind: 'failure', id: parent ? keyOf(parent) : 'root', problem: toProblem(error) }];
    }
  }

  getTreeItem(node: Shown): vscode.TreeItem {
    if (node.kind === 'failure') return failureItem(node);
    const text = this.#source.item(node, Date.now());
    if (!text) return new vscode.TreeItem('…');
    this.#drawn.set(keyOf(node), JSON.stringify(text));
    const item = toTreeItem(text);
    item.id = keyOf(node);
    const command = this.#source.command?.(node);
    if (command) item.command = command;
    return item;
  }

  getParent(node: Shown): Shown | undefined {
    const parent = node.kind === 'failure' ? undefined : this.#source.parent?.(node);
    return parent && this.#known(parent);
  }

  /** Shows a node and selects it, its parents opened. Nothing happens when the view has it not. */
  async reveal(node: Node): Promise<void> {
    const known = this.#known(node);
    // A run that was submitted a moment ago is not in the view before its next refresh.
    await sleep(refreshMs);
    try {
      await this.view.reveal(known, { select: true, focus: false });
    } catch {
      // Filtered away, or not read yet: the page shows the run all the same.
    }
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #known(node: Node): Node {
    const key = keyOf(node);
    const known = this.#nodes.get(key);
    if (known) return known;
    this.#nodes.set(key, node);
    return node;
  }

  #flush(keys: string[]): void {
    if (keys.includes('')) {
      this.#changes.fire(undefined);
      return;
    }
    const changed = keys.flatMap((key) => this.#nodes.get(key) ?? []).filter((node) => this.#differs(node));
    if (changed.length > 0) this.#changes.fire(changed);
  }

  /** Only what would be drawn otherwise is fired; an event that changes nothing visible costs nothing. */
  #differs(node: Node): boolean {
    const before = this.#drawn.get(keyOf(node));
    if (before === undefined) return false;
    const text = this.#source.item(node, Date.now());
    // Children of an open node are asked for again when it is fired, so what opens is always fired.
    return text === undefined || text.expandable !== undefined || JSON.stringify(text) !== before;
  }

  #age(): void {
    if (!this.view.visible) return;
    const now = Date.now();
    for (const [key, before] of this.#drawn) {
      const node = this.#nodes.get(key);
      const text = node && this.#source.item(node, now);
      if (text && descriptionOf(JSON.stringify(text)) !== descriptionOf(before)) this.#coalescer.add(key);
    }
  }

  #header(): void {
    const header = this.#source.header?.();
    if (!header) return;
    // Each setting of either is a message to the window, whether it changes anything or not.
    const { description = '', badge } = header;
    if (description !== (this.view.description ?? '')) this.view.description = description;
    if (badge?.value !== this.view.badge?.value) this.view.badge = badge;
  }
}

export function keyOf(node: { kind: string; id: string }): string {
  return `${node.kind}:${node.id}`;
}

function descriptionOf(drawn: string): unknown {
  return (JSON.parse(drawn) as ItemText).description;
}

function toTreeItem(text: ItemText): vscode.TreeItem {
  const item = new vscode.TreeItem(text.label);
  if (text.description) item.description = text.description;
  if (text.tooltip) {
    const tooltip = new vscode.MarkdownString(text.tooltip);
    tooltip.isTrusted = false;
    tooltip.supportHtml = false;
    item.tooltip = tooltip;
  }
  item.iconPath = new vscode.ThemeIcon(text.icon, text.color ? new vscode.ThemeColor(text.color) : undefined);
  item.contextValue = text.context;
  item.collapsibleState =
    text.expandable === undefined
      ? vscode.TreeItemCollapsibleState.None
      : text.expandable === 'expanded'
        ? vscode.TreeItemCollapsibleState.Expanded
        : vscode.TreeItemCollapsibleState.Collapsed;
  if (text.spoken) item.accessibilityInformation = { label: text.spoken };
  if (text.checked !== undefined) {
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    item.checkboxState = { state: text.checked ? Checked : Unchecked, tooltip: 'Tick runs to compare them' };
  }
  return item;
}

function failureItem({ problem }: Failure): vscode.TreeItem {
  const item = new vscode.TreeItem(problem.message);
  if (problem.hint) item.description = problem.hint;
  item.tooltip = [problem.message, problem.hint, ...(problem.details ?? [])].filter(Boolean).join('\n');
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.contextValue = 'failure';
  item.command = { command: 'trainyard.refresh', title: 'Try again' };
  return item;
}

function toProblem(error: unknown): Problem {
  return error instanceof Problem
    ? error
    : new Problem('internal', error instanceof Error ? error.message : String(error));
}
