import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Problem } from '../../shared/api/problem.ts';
import { type RouteName, routes } from '../../shared/api/routes.ts';
import { readJsonBody } from './body.ts';
import { authorise, type Relations } from './guard.ts';
import type { BytesReply, Call, Caller, Handlers } from './handlers.ts';
import { sendBytes, sendJson } from './reply.ts';
import { match } from './router.ts';
import type { Answer } from './server.ts';
import { coerceQuery, validate } from './validate.ts';

export interface AnswerOptions {
  readonly handlers: Partial<Handlers>;
  readonly relations: Relations;
}

/** Handlers by name, without the types that tie each to its route: those were checked where they were made. */
type AnyHandler = (call: unknown) => unknown;

/**
 * Answers by the route table. What the server has let through is looked at in this order, and the first objection is the
 * answer: path, method, scope, params, query, body's type and length, JSON, schema. Then the route's handler runs.
 */
export function answerByRoutes(options: AnswerOptions): Answer {
  return (request, response, caller) => answer(options, request, response, caller);
}

async function answer(options: AnswerOptions, request: IncomingMessage, response: ServerResponse, caller: Caller) {
  const { handlers, relations } = options;
  const { name, params, search } = locate(request);
  const route = routes[name];
  authorise(caller, route, params, relations);
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
