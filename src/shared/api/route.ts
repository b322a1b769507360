import type { Static, TObject, TSchema } from 'typebox';
import * as Type from 'typebox';

/**
 * Which tokens a route accepts. `client`: the editor, the command line, agents. `terminal`: scripts in one workspace.
 * `run`: one run and its children. A client token is accepted everywhere.
 */
export type Scope = 'client' | 'terminal' | 'run';

/**
 * A route of the tracker. `reply` is a schema for JSON; `'bytes'` is a body of bytes that honours `Range`; `'events'`
 * is a server-sent event stream.
 */
export interface RouteDefinition {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly scope: Scope;
  readonly params: TObject;
  readonly query: TObject;
  readonly body: TSchema | undefined;
  readonly reply: TSchema | 'bytes' | 'events';
}

interface RouteInput<P extends TObject, Q extends TObject, B extends TSchema | undefined, R> {
  method: RouteDefinition['method'];
  path: string;
  summary: string;
  scope?: Scope;
  params?: P;
  query?: Q;
  body?: B;
  reply: R;
}

type NoFields = ReturnType<typeof noFields>;
function noFields() {
  return Type.Object({}, { additionalProperties: false });
}

/** Declares a route; what is left out is an empty object (params, query) or no body. */
export function route<
  R extends TSchema | 'bytes' | 'events',
  P extends TObject = NoFields,
  Q extends TObject = NoFields,
  B extends TSchema | undefined = undefined,
>(input: RouteInput<P, Q, B, R>): Declared<P, Q, B, R> {
  return {
    method: input.method,
    path: input.path,
    summary: input.summary,
    scope: input.scope ?? 'client',
    params: (input.params ?? noFields()) as P,
    query: (input.query ?? noFields()) as Q,
    body: input.body as B,
    reply: input.reply,
  };
}

export interface Declared<P extends TObject, Q extends TObject, B extends TSchema | undefined, R>
  extends RouteDefinition {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly reply: R & RouteDefinition['reply'];
}

export type ParamsOf<R extends RouteDefinition> = Static<R['params']>;
export type QueryOf<R extends RouteDefinition> = Static<R['query']>;
export type BodyOf<R extends RouteDefinition> = R['body'] extends TSchema ? Static<R['body']> : undefined;
export type ReplyOf<R extends RouteDefinition> = R['reply'] extends TSchema ? Static<R['reply']> : never;
