import {
  type FromPage,
  type PageAction,
  type PageCommand,
  type PageState,
  pageBytesRoutes,
  pageCommands,
  pageRoutes,
} from '../../shared/panel/protocol.ts';

/**
 * Checks a message from a page. A page is ours, but it draws what others wrote; so a message is only ever one of the
 * protocol's own, and names only routes and commands of its lists.
 *
 * @returns undefined for anything else
 */
export function readMessage(value: unknown): FromPage | undefined {
  if (!isRecord(value)) return undefined;
  const { type, id } = value;
  if (type === 'ready') return { type };
  if (type === 'state') return isPageState(value.state) ? { type, state: value.state } : undefined;
  if (typeof id !== 'number') return undefined;
  if (type === 'act') return isAction(value.action) ? { type, id, action: value.action } : undefined;
  const { route, request, range } = value;
  if (!isRecord(request)) return undefined;
  if (type === 'call' && isOneOf(pageRoutes, route)) return { type, id, route, request };
  if (type !== 'bytes' || !isOneOf(pageBytesRoutes, route)) return undefined;
  return { type, id, route, request, ...(typeof range === 'string' ? { range } : {}) };
}

export function isPageState(value: unknown): value is PageState {
  if (!isRecord(value) || typeof value.workspace !== 'string') return false;
  const { page: subject, tab, compare } = value;
  if (tab !== undefined && !isString(tab)) return false;
  if (compare !== undefined && !(Array.isArray(compare) && compare.every(isString))) return false;
  return (subject === 'run' || subject === 'model' || subject === 'deployment') && typeof value[subject] === 'string';
}

type Check = (action: Record<string, unknown>) => boolean;

const actionChecks: Record<PageAction['name'], Check> = {
  'open-file': ({ path, line }) => isString(path) && (line === undefined || typeof line === 'number'),
  'open-snapshot-file': ({ run, path, diff }) => isString(run) && isString(path) && typeof diff === 'boolean',
  'open-external': ({ url }) => isString(url),
  copy: ({ text }) => isString(text),
  save: ({ fileName, content }) => isString(fileName) && (isString(content) || content instanceof Uint8Array),
  'save-output': ({ run, path }) => isString(run) && isString(path),
  'save-metric': ({ run, key, fileName }) => isString(run) && isString(key) && isString(fileName),
  'pick-runs': ({ run, selected }) => isString(run) && Array.isArray(selected) && selected.every(isString),
  command: ({ command, subject, path }) =>
    isOneOf<PageCommand>(pageCommands, command) && isString(subject) && (path === undefined || isString(path)),
};

function isAction(value: unknown): value is PageAction {
  if (!isRecord(value) || !isString(value.name)) return false;
  return Object.hasOwn(actionChecks, value.name) && actionChecks[value.name as PageAction['name']](value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isOneOf<T extends string>(list: readonly T[], value: unknown): value is T {
  return list.some((item) => item === value);
}
