import type { IncomingMessage } from 'node:http';
import { Problem } from '../../shared/api/problem.ts';
import type { RouteDefinition } from '../../shared/api/route.ts';
import type { Tokens } from '../lifecycle/tokens.ts';
import type { Caller } from './handlers.ts';

/**
 * Whether a request may be looked at at all. Loopback is no boundary: any page in a browser and any user of the
 * machine can reach the port, so Host must be exactly ours (against DNS rebinding), no browser may be behind it (a
 * browser names an Origin, and we have no page that does), and a token must prove who asks.
 *
 * @throws Problem `forbidden` or `unauthenticated`.
 */
export function authenticate(request: IncomingMessage, port: number, tokens: Tokens): Caller {
  const hosts = rawValues(request, 'host');
  const host = hosts.length === 1 ? hosts[0]?.toLowerCase() : undefined;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    throw new Problem('forbidden', 'The Host header does not name this tracker.');
  }
  if (rawValues(request, 'origin').length > 0) {
    throw new Problem('forbidden', 'Requests from web pages are refused.', {
      hint: 'Leave out the Origin header: only a browser sends one.',
    });
  }
  const token = bearer(rawValues(request, 'authorization'));
  const caller = token === undefined ? undefined : tokens.verify(token);
  if (caller === undefined) {
    throw new Problem('unauthenticated', 'A valid token is needed.', {
      hint: 'Send `Authorization: Bearer <token>`; tracker.json in the home holds the token of a client.',
    });
  }
  return caller;
}

/** What the guard must ask the databases. */
export interface Relations {
  /** The id of a workspace that may be called `default`. */
  workspaceId(idOrDefault: string): string | undefined;
  /** Whether `run` is `ancestor` or one of its descendants. */
  isInTree(workspace: string, run: string, ancestor: string): boolean;
}

/**
 * Whether a caller's token is good for a route: a terminal's in its workspace, a run's for reading its workspace and
 * writing its own tree.
 *
 * @throws Problem `forbidden`.
 */
export function authorise(
  caller: Caller,
  route: RouteDefinition,
  params: Record<string, string>,
  relations: Relations,
): void {
  if (caller.kind === 'client') return;
  const accepted = route.scope === 'run' || (route.scope === 'terminal' && caller.kind === 'terminal');
  if (!accepted) throw new Problem('forbidden', `The token of a ${caller.kind} is not good for this.`);
  if (params.workspace !== undefined && relations.workspaceId(params.workspace) !== caller.workspace) {
    throw new Problem('forbidden', 'This token belongs to another workspace.');
  }
  if (caller.kind !== 'run' || route.method === 'GET' || params.run === undefined) return;
  if (!relations.isInTree(caller.workspace, params.run, caller.run)) {
    throw new Problem('forbidden', 'The token of a run changes that run and its children only.');
  }
}

/** Node keeps only the first of some headers that are sent twice; two that differ are an attack. */
function rawValues(request: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) values.push(request.rawHeaders[index + 1] ?? '');
  }
  return values;
}

/** The token of a bearer header, or the password of a basic one, which is all that some MLflow clients can send. */
function bearer(values: string[]): string | undefined {
  if (values.length !== 1) return undefined;
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(values[0] ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
}
