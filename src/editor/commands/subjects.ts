import { Problem } from '../../shared/api/problem.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { isNode, type Node, type NodeKind, type NodeOf, parseVersion } from '../nodes.ts';
import type { Parts } from '../parts.ts';
import type { ModelAndVersion, Subjects } from './command.ts';

/**
 * The nodes among a command's arguments. A tree passes the clicked item and the whole selection; a selection that does
 * not hold the clicked item does not count, as everywhere in the editor. The clicked item comes first: it is the one
 * that a command for a single thing is about.
 */
export function nodesOf<K extends NodeKind>(args: readonly unknown[], kind: K): NodeOf<K>[] {
  const [first, second] = args;
  const selection = Array.isArray(second) ? second.filter(isNode) : [];
  const given: Node[] = Array.isArray(first) ? first.filter(isNode) : isNode(first) ? [first] : [];
  const clicked = given[0];
  const isClicked = (node: Node) => node.kind === clicked?.kind && node.id === clicked.id;
  const all = clicked && selection.some(isClicked) ? [clicked, ...selection.filter((node) => !isClicked(node))] : given;
  return all.filter((node): node is NodeOf<K> => node.kind === kind);
}

/** What was given, read from the tracker where it is not known; undefined when nothing of this kind was given. */
export async function givenSubject<K extends keyof Subjects>(
  parts: Pick<Parts, 'state'>,
  kind: K,
  args: readonly unknown[],
): Promise<Subjects[K] | undefined> {
  const subject = await readers[kind](parts, args);
  return subject as Subjects[K] | undefined;
}

type Reader = (parts: Pick<Parts, 'state'>, args: readonly unknown[]) => Promise<unknown>;

const readers: Record<keyof Subjects, Reader> = {
  none: async () => undefined,
  any: async (_, [first]) => first,
  place: async (_, [first]) => first,
  source: async (_, [first]) => first,
  run: async (parts, args) => (await runs(parts, args))[0],
  runs: async (parts, args) => some(await runs(parts, args)),
  deletedRuns: async (parts, args) => some(await runs(parts, args)),
  experiment: async ({ state }, args) =>
    found(nodesOf(args, 'experiment')[0], await listed(args, () => state.experiments.get()), ({ id }) => id),
  model: async ({ state }, args) => {
    const [node] = [...nodesOf(args, 'model'), ...nodesOf(args, 'version').map(({ model }) => ({ id: model }))];
    return found(node, node ? await state.models.get() : [], ({ name }) => name);
  },
  version: ({ state }, args) => version(state, args),
  deployment: async ({ state }, args) =>
    found(nodesOf(args, 'deployment')[0], await listed(args, () => state.deployments.get()), ({ id }) => id),
  workspace: async ({ state }, args) =>
    found(nodesOf(args, 'workspace')[0], await listed(args, () => state.workspaces.get()), ({ id }) => id),
  activity: async ({ state }, args) =>
    found(nodesOf(args, 'activity')[0], await listed(args, () => state.activities.get()), ({ id }) => id),
};

function some<T>(list: T[]): T[] | undefined {
  return list.length > 0 ? list : undefined;
}

async function runs({ state }: Pick<Parts, 'state'>, args: readonly unknown[]): Promise<RunSummary[]> {
  return Promise.all(nodesOf(args, 'run').map(({ id }) => state.run(id)));
}

/** Nothing is read when nothing was given. */
async function listed<T>(args: readonly unknown[], load: () => Promise<T[]>): Promise<T[]> {
  return args.length > 0 ? load() : [];
}

function found<T>(node: { id: string } | undefined, things: readonly T[], id: (thing: T) => string): T | undefined {
  if (!node) return undefined;
  const thing = things.find((candidate) => id(candidate) === node.id);
  if (thing) return thing;
  throw new Problem('not-found', `${node.id} is not there any more.`, { hint: 'Refresh the view.' });
}

async function version(state: Parts['state'], args: readonly unknown[]): Promise<ModelAndVersion | undefined> {
  const given = nodesOf(args, 'version')[0] ?? nodesOf(args, 'model').map(({ id }) => parseVersion(id))[0];
  if (!given) return undefined;
  const model = found({ id: given.model }, await state.models.get(), ({ name }) => name);
  const number =
    model?.aliases[given.version] ?? (given.version === 'latest' ? model?.latestVersion : Number(given.version));
  const one = model?.versions.find((candidate) => candidate.version === number);
  if (model && one) return { model, version: one };
  throw new Problem('not-found', `${given.id} is not there any more.`, { hint: 'Refresh the view.' });
}
