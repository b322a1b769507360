import { Problem } from '../../shared/api/error.ts';
import { type RouteName, routes } from '../../shared/api/routes.ts';

export interface Match {
  readonly name: RouteName;
  /** Decoded once; validated by the route's schema later. */
  readonly params: Record<string, string>;
}

interface Node {
  readonly fixed: Map<string, Node>;
  parameter: { readonly key: string; readonly node: Node } | undefined;
  readonly methods: Map<string, RouteName>;
}

const root = build();

/**
 * Finds the route of a request by its raw (still encoded) path.
 *
 * @throws Problem `not-found`, `method-not-allowed`, or `invalid` for a path that cannot be decoded.
 */
export function match(method: string, rawPath: string): Match {
  const params: Record<string, string> = {};
  let node: Node | undefined = root;
  for (const part of rawPath.split('/').slice(1)) {
    const fixed: Node | undefined = node?.fixed.get(part);
    if (fixed === undefined && node?.parameter !== undefined) params[node.parameter.key] = decode(part);
    node = fixed ?? node?.parameter?.node;
    if (node === undefined) break;
  }
  const name = node?.methods.get(method);
  if (name !== undefined) return { name, params };
  if (node === undefined || node.methods.size === 0) {
    throw new Problem('not-found', `There is nothing at ${rawPath.slice(0, 200)}.`, {
      hint: 'GET /v1/openapi.json lists every route.',
    });
  }
  const allowed = [...node.methods.keys()].join(', ');
  throw new Problem('method-not-allowed', `${method} is not possible here; ${allowed} is.`);
}

/** The one place where a path is decoded. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Problem('invalid', `The path holds a malformed escape: ${part.slice(0, 100)}.`);
  }
}

function build(): Node {
  const top = emptyNode();
  for (const name of Object.keys(routes) as RouteName[]) {
    const route = routes[name];
    let node = top;
    for (const part of route.path.split('/').slice(1)) node = child(node, part, route.path);
    if (node.methods.has(route.method)) throw new Error(`Two routes are ${route.method} ${route.path}.`);
    node.methods.set(route.method, name);
  }
  return top;
}

function child(node: Node, part: string, path: string): Node {
  if (!part.startsWith(':')) {
    const next = node.fixed.get(part) ?? emptyNode();
    node.fixed.set(part, next);
    return next;
  }
  node.parameter ??= { key: part.slice(1), node: emptyNode() };
  if (node.parameter.key !== part.slice(1)) throw new Error(`${path}: call the parameter :${node.parameter.key}.`);
  return node.parameter.node;
}

function emptyNode(): Node {
  return { fixed: new Map(), parameter: undefined, methods: new Map() };
}
