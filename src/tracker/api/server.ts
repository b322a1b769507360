import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem } from '../../shared/api/problem.ts';
import type { Logger } from '../lifecycle/log.ts';
import type { Tokens } from '../lifecycle/tokens.ts';
import { isNoSpace } from '../store/fullDisk.ts';
import { authenticate } from './guard.ts';
import type { Caller } from './handlers.ts';
import { sendProblem } from './reply.ts';

/** Answers a request whose token is good. Rejects with what is to be said instead. */
export type Answer = (request: IncomingMessage, response: ServerResponse, caller: Caller) => Promise<void>;

export interface ApiOptions {
  readonly tokens: Tokens;
  readonly log: Logger;
  readonly port: () => number;
  /** Resolves once the parts have started; requests wait for it. */
  readonly ready: Promise<Answer>;
  /** Told of every request that carried a valid token: somebody still needs the tracker. */
  readonly onActivity: () => void;
}

/**
 * The HTTP server of the tracker. Host, Origin and token are looked at here, and the first objection is the answer; what
 * passes is answered by `ready`. Loads no route, because it listens before anything else is there.
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
    admit(options, request, response).catch((error: unknown) => {
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

async function admit(options: ApiOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const caller = authenticate(request, options.port(), options.tokens);
  options.onActivity();
  const answer = await options.ready;
  await answer(request, response, caller);
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
