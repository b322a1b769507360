import { type Node, type NodeKind, parseVersion, versionNode } from '../nodes.ts';
import { Owner } from '../session/event.ts';
import type { Resource } from '../session/resource.ts';
import { ofExperiment } from '../session/runCollection.ts';
import type { TrackerState } from '../session/trackerState.ts';
import type { ItemText } from './itemText.ts';
import {
  activityItem,
  deploymentItem,
  experimentItem,
  modelItem,
  targetItem,
  versionItem,
  workspaceItem,
} from './otherItems.ts';
import { runItem } from './runItem.ts';
import { moreItem, runNode } from './runSource.ts';
import type { TreeSource } from './treeView.ts';

/** A view of one flat list: what its things are, how one looks, what a click does. */
function listSource<T>(options: {
  kind: Exclude<NodeKind, 'version'>;
  resource: Resource<T[]>;
  id(thing: T): string;
  item(thing: T, now: number): ItemText;
  header?: TreeSource['header'];
  command?: string;
}): TreeSource {
  const { kind, resource, command } = options;
  return {
    async children(parent) {
      if (parent) return [];
      return (await resource.get()).map((thing) => ({ kind, id: options.id(thing) }) as Node);
    },
    item(node, now) {
      const thing = resource.value?.find((candidate) => options.id(candidate) === node.id);
      return thing === undefined ? undefined : options.item(thing, now);
    },
    listen: (changed) => listenToList(resource, options.id, kind, changed),
    ...(options.header ? { header: options.header } : {}),
    ...(command ? { command: (node) => ({ command, title: 'Open', arguments: [node] }) } : {}),
  };
}

/** When the same things are still there, only those are named that changed; else the whole list. */
function listenToList<T>(
  resource: Resource<T[]>,
  id: (thing: T) => string,
  kind: Exclude<NodeKind, 'version'>,
  changed: (node: Node | undefined) => void,
) {
  let before = new Map((resource.value ?? []).map((thing) => [id(thing), thing]));
  let failed = false;
  return resource.onChange(() => {
    const now = new Map((resource.value ?? []).map((thing) => [id(thing), thing]));
    const same = [...now.keys()].join('\n') === [...before.keys()].join('\n');
    const moved = [...now].filter(([key, thing]) => before.get(key) !== thing);
    const wasFailed = failed;
    failed = resource.problem !== undefined && resource.value === undefined;
    before = now;
    if (!same || failed || wasFailed) changed(undefined);
    else for (const [key] of moved) changed({ kind, id: key } as Node);
  });
}

/** Experiments, each with its runs below. */
export function experimentSource(state: TrackerState): TreeSource {
  const list = listSource({
    kind: 'experiment',
    resource: state.experiments,
    id: ({ id }) => id,
    item: experimentItem,
  });
  return {
    ...list,
    async children(parent) {
      if (!parent) return list.children(undefined);
      const key = parent.kind === 'run' ? parent.id : `${ofExperiment}${parent.id}`;
      const { runs, more } = await state.runs.list(key);
      return [...runs.map(runNode), ...(more ? [{ kind: 'more' as const, id: key }] : [])];
    },
    item(node, now) {
      if (node.kind === 'more') return moreItem();
      const run = node.kind === 'run' ? state.runs.get(node.id) : undefined;
      return run ? runItem(run, { now }) : list.item(node, now);
    },
    command(node) {
      if (node.kind === 'more') return { command: 'trainyard.showMore', title: 'Show more', arguments: [node] };
      return node.kind === 'run' ? { command: 'trainyard.openRun', title: 'Open run', arguments: [node] } : undefined;
    },
    listen(changed) {
      const owner = new Owner();
      owner.own(list.listen(changed));
      owner.own(
        state.runs.onChange((change) => {
          if (change.kind === 'run') changed({ kind: 'run', id: change.id });
          else if (change.parent.startsWith(ofExperiment))
            changed({ kind: 'experiment', id: change.parent.slice(ofExperiment.length) });
          else if (change.parent !== 'none') changed({ kind: 'run', id: change.parent });
        }),
      );
      return owner;
    },
    header: () => ({ description: state.experiments.value ? String(state.experiments.value.length) : '' }),
  };
}

/** Models, each with its versions, the newest first. */
export function modelSource(state: TrackerState): TreeSource {
  const list = listSource({ kind: 'model', resource: state.models, id: ({ name }) => name, item: modelItem });
  const model = (name: string) => state.models.value?.find((candidate) => candidate.name === name);
  return {
    ...list,
    async children(parent) {
      if (!parent) return list.children(undefined);
      const versions = parent.kind === 'model' ? (model(parent.id)?.versions ?? []) : [];
      return [...versions].sort((a, b) => b.version - a.version).map(({ version }) => versionNode(parent.id, version));
    },
    parent: (node) => (node.kind === 'version' ? { kind: 'model', id: node.model } : undefined),
    item(node, now) {
      if (node.kind !== 'version') return list.item(node, now);
      const { model: name, version } = parseVersion(node.id);
      const found = model(name)?.versions.find((candidate) => String(candidate.version) === version);
      return found && versionItem(found, now);
    },
    command(node) {
      return node.kind === 'version'
        ? { command: 'trainyard.openModel', title: 'Open model', arguments: [node] }
        : undefined;
    },
  };
}

export function computeSource(state: TrackerState): TreeSource {
  return listSource({ kind: 'target', resource: state.compute, id: ({ name }) => name, item: targetItem });
}

export function deploymentSource(state: TrackerState): TreeSource {
  return listSource({
    kind: 'deployment',
    resource: state.deployments,
    id: ({ id }) => id,
    item: deploymentItem,
    command: 'trainyard.openDeployment',
  });
}

export function activitySource(state: TrackerState): TreeSource {
  return listSource({
    kind: 'activity',
    resource: state.activities,
    id: ({ id }) => id,
    item: activityItem,
    header: () => {
      const running = state.activities.value?.filter((activity) => activity.state === 'running').length ?? 0;
      return { description: running > 0 ? `${running} running` : '' };
    },
  });
}

export function workspaceSource(state: TrackerState): TreeSource {
  const chosen = () => (state.folder.value?.file === undefined ? undefined : state.folder.value.workspace);
  const list = listSource({
    kind: 'workspace',
    resource: state.workspaces,
    id: ({ id }) => id,
    item: (workspace) => workspaceItem(workspace, chosen()),
  });
  return {
    ...list,
    listen(changed) {
      const owner = new Owner();
      owner.ownAll(
        list.listen(changed),
        state.folder.onChange(() => changed(undefined)),
      );
      return owner;
    },
  };
}
