import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyOf, ParamsOf, QueryOf } from '../../shared/api/route.ts';
import type { BytesRoute, JsonRoute, ReplyFor, RouteName, Routes } from '../../shared/api/routes.ts';

/** Who asks, by its token. */
export type Caller =
  | { readonly kind: 'client' }
  | { readonly kind: 'terminal'; readonly workspace: string }
  | { readonly kind: 'run'; readonly workspace: string; readonly run: string };

/** A request whose params, query and body have passed the route's schemas. */
export interface Call<K extends RouteName> {
  readonly params: ParamsOf<Routes[K]>;
  readonly query: QueryOf<Routes[K]>;
  readonly body: BodyOf<Routes[K]>;
  readonly caller: Caller;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** Bytes of a file, or of a stream. The server answers `Range` for files by itself. */
export type BytesReply =
  | { readonly file: string; readonly contentType: string; readonly downloadName?: string }
  | {
      readonly body: Uint8Array | NodeJS.ReadableStream;
      readonly contentType: string;
      readonly downloadName?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export type JsonHandler<K extends JsonRoute> = (call: Call<K>) => Promise<ReplyFor<K>> | ReplyFor<K>;
export type BytesHandler<K extends BytesRoute> = (call: Call<K>) => Promise<BytesReply> | BytesReply;

/** One handler for each route; a part of the tracker returns a `Pick` of it, and `compose.ts` must end up with all. */
export type Handlers = { [K in JsonRoute]: JsonHandler<K> } & { [K in BytesRoute]: BytesHandler<K> } & {
  'tracker.events': (request: IncomingMessage, response: ServerResponse) => void;
};

/** What a part of the tracker gives to `compose.ts`. */
export interface Part<K extends keyof Handlers> {
  readonly handlers: Pick<Handlers, K>;
  /** Called once the databases are open, before the first request is answered: adopt runs, reconcile deployments. */
  start?(): Promise<void> | void;
  /** Called before the databases close. Runs and deployments go on. */
  stop?(): Promise<void> | void;
  /** A reason why the tracker must not leave although nobody is connected, or undefined. */
  busy?(): string | undefined;
}
