import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import { Problem } from '../../shared/api/error.ts';
import { type RouteName, routes } from '../../shared/api/routes.ts';
import type { Logger } from '../lifecycle/log.ts';
import type { Tokens } from '../lifecycle/tokens.ts';
import { isNoSpace } from '../store/fullDisk.ts';
import { readJsonBody } from './body.ts';
import { authenticate, authorise, type Relations } from './guard.ts';
import type { BytesReply, Call, Handlers } from './handlers.ts';
import { sendBytes, sendJson, sendProblem } from './reply.ts';
import { match } from './router.ts';
import { coerceQuery, validate } from './validate.ts';

export interface ApiOptions {
  readonly tokens: Tokens;
  readonly log: Logger;
  readonly relations: Relations;
  readonly port: () => number;
  /** Resolves with the handlers once the parts have started; requests wait for it. */
  readonly ready: Promise<Partial<Handlers>>;
  /** Told of every request that carried a valid token: somebody still needs the tracker. */
  readonly onActivity: () => void;
}

/** Handlers by name, without the types that tie each to its route: those were checked where they were made. */
type AnyHandler = (call: unknown) => unknown;

/**
 * The HTTP server of the tracker. A request is looked at in this order, and the first objection is the answer: Host,
 * Origin, token, path, method, scope, body's type and length, JSON, schema. Then its handler runs.
 */
export function createApiServer(options: ApiOptions): http.Server {
  const timeout = Number(process.env.TRAINYARD_REQUEST_TIMEOUT_MS ?? 60_000);
  const server = http.createServer({
    headersTimeout: Math.min(timeout, 15_000),
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(timeout, 2000),
    keepAliveTimeout: 60_000,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!response.destroyed) sendProblem(response, toProblem(error, request, options.log));
    });
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('clientError', refuseMalformed);
  // Neither is offered; left alone, Node would keep the socket open.
  server.on('connect', (_request, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  return server;
}

async function answer(options: ApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = authenticate(request, options.port(), options.tokens);
  options.onActivity();
  const { name, params, search } = locate(request);
  const route = routes[name];
  const handlers = await options.ready;
  authorise(caller, route, params, options.relations);
  const query = coerceQuery(name, search);
  await validate(name, 'params', params);
  await validate(name, 'query', query);
  const body = await readBody(request, response, name);
  if (route.reply === 'events') {
    handlers['tracker.events']?.(request, response);
    return;
  }
  const handler = handlers[name] as AnyHandler | undefined;
  if (handler === undefined) throw new Problem('unavailable', `${name} is not part of this tracker.`);
  const call: Call<RouteName> = { params, query, body, caller, signal: closeSignal(response) } as Call<RouteName>;
  const reply = await handler(call);
  if (response.destroyed) {
    // Nobody reads what was opened for the answer.
    const { body } = (reply ?? {}) as { body?: unknown };
    if (body instanceof Readable) body.destroy();
    return;
  }
  if (route.reply === 'bytes') await sendBytes(request, response, reply as BytesReply);
  else sendJson(response, 200, reply ?? {});
}

function locate(request: IncomingMessage): {
  name: RouteName;
  params: Record<string, string>;
  search: URLSearchParams;
} {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { ...match(request.method ?? '', path), search: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

async function readBody(request: IncomingMessage, response: ServerResponse, name: RouteName): Promise<unknown> {
  if (routes[name].body === undefined) return undefined;
  const body = await readJsonBody(request, response, name);
  await validate(name, 'body', body);
  return body;
}

/** Aborts when the client goes away before it was answered. */
function closeSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function toProblem(error: unknown, request: IncomingMessage, log: Logger): Problem {
  if (error instanceof Problem) return error;
  if (isNoSpace(error)) {
    return new Problem('no-space', 'There is no space left on the disk of the Trainyard home; nothing was changed.', {
      hint: 'Free some space. Trainings go on, and the tracker goes on by itself as soon as there is room.',
      cause: error,
    });
  }
  if ((error as { code?: string } | undefined)?.code?.startsWith('SQLITE_CORRUPT')) {
    log.error({ err: error, path: request.url?.split('?')[0] }, 'a database is damaged');
    return new Problem('internal', 'The database of this workspace is damaged.', {
      hint: 'Put its last good backup in its place: trainyard restore.',
      cause: error,
    });
  }
  // The path without its query: that may hold what a person typed.
  log.error({ err: error, method: request.method, path: request.url?.split('?')[0] }, 'a request failed');
  const message = error instanceof Error ? error.message : String(error);
  return new Problem('internal', `The tracker failed: ${message}`, { hint: 'Its log has more: logs/tracker.log.' });
}

/** Answers what is not HTTP, too slow, or too long in its headers, on the bare socket. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, code] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'timeout']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'too-large']
        : ['400 Bad Request', 'invalid'];
  const body = JSON.stringify(new Problem(code, `The request was refused: ${status.slice(4)}.`).toBody());
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
