import type { RunSummary } from '../../shared/domain/run.ts';
import { formatCount } from '../../shared/format.ts';
import type { Node, RunNode } from '../nodes.ts';
import type { Disposable } from '../session/event.ts';
import { ofExperiment } from '../session/runCollection.ts';
import type { TrackerState } from '../session/trackerState.ts';
import type { ItemText } from './itemText.ts';
import { runItem } from './runItem.ts';
import type { TreeSource } from './treeView.ts';

/** Runs that are ticked for a comparison, in the order of ticking. */
export class Ticked {
  readonly #ids = new Set<string>();
  readonly #listeners = new Set<(id: string) => void>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  get ids(): string[] {
    return [...this.#ids];
  }

  set(id: string, ticked: boolean): void {
    if (ticked) this.#ids.add(id);
    else this.#ids.delete(id);
    for (const listener of this.#listeners) listener(id);
  }

  clear(): void {
    for (const id of this.ids) this.set(id, false);
  }

  onChange(listener: (id: string) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }
}

/** The runs view: newest first, children to any depth, page by page. */
export class RunSource implements TreeSource {
  readonly #state: TrackerState;
  readonly #ticked: Ticked;

  constructor(state: TrackerState, ticked: Ticked) {
    this.#state = state;
    this.#ticked = ticked;
  }

  async children(parent: Node | undefined): Promise<Node[]> {
    const id = parent?.id ?? 'none';
    const { runs, more } = await this.#state.runs.list(id);
    return [...runs.map(runNode), ...(more ? [{ kind: 'more' as const, id }] : [])];
  }

  parent(node: Node): Node | undefined {
    const parent = node.kind === 'run' ? this.#state.runs.get(node.id)?.parent : undefined;
    return parent === undefined ? undefined : { kind: 'run', id: parent };
  }

  item(node: Node, now: number): ItemText | undefined {
    if (node.kind === 'more') return moreItem();
    const run = this.#state.runs.get(node.id);
    if (!run) return undefined;
    return runItem(run, {
      now,
      ticked: this.#ticked.has(run.id),
      metric: (key) => this.#state.runs.metric(run.id, key),
    });
  }

  listen(changed: (node: Node | undefined) => void): Disposable {
    const changes = this.#state.runs.onChange((change) => {
      if (change.kind === 'run') changed({ kind: 'run', id: change.id });
      else if (!change.parent.startsWith(ofExperiment))
        changed(change.parent === 'none' ? undefined : { kind: 'run', id: change.parent });
    });
    const ticks = this.#ticked.onChange((id) => changed({ kind: 'run', id }));
    return {
      dispose: () => {
        changes.dispose();
        ticks.dispose();
      },
    };
  }

  header(): ReturnType<NonNullable<TreeSource['header']>> {
    const { filter, total } = this.#state.runs;
    const words = [
      ...(filter.experiment ? [this.#experimentName(filter.experiment)] : []),
      ...(filter.text ? [`“${filter.text}”`] : []),
      ...(filter.star ? ['starred'] : []),
      ...(filter.folder ? ['this folder'] : []),
      ...(total === undefined ? [] : [String(total)]),
    ];
    const running = this.#state.activeRuns.length;
    const badge = running === 0 ? undefined : { value: running, tooltip: `${formatCount(running, 'run')} active` };
    return { description: words.join(' · '), badge };
  }

  command(node: Node): ReturnType<NonNullable<TreeSource['command']>> {
    if (node.kind === 'more') return { command: 'trainyard.showMore', title: 'Show more', arguments: [node] };
    return { command: 'trainyard.openRun', title: 'Open run', arguments: [node] };
  }

  #experimentName(id: string): string {
    return this.#state.experiments.value?.find((experiment) => experiment.id === id)?.name ?? 'one experiment';
  }
}

export function runNode(run: RunSummary): RunNode {
  return { kind: 'run', id: run.id };
}

export function moreItem(): ItemText {
  return { label: 'Show more', icon: 'ellipsis', context: 'more' };
}
