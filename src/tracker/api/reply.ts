import fs from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Problem } from '../../shared/api/problem.ts';
import type { BytesReply } from './handlers.ts';

/** On every answer: nothing is sniffed, framed or kept by a cache, whatever a run put into its outputs. */
const ALWAYS = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { ...ALWAYS, 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent) {
    // The status has gone out already; a broken connection is the only honest end.
    response.destroy();
    return;
  }
  if (problem.code === 'unauthenticated') response.setHeader('www-authenticate', 'Bearer');
  // What is left of a refused body is not read: the connection ends with the answer.
  if (!response.req.complete) response.setHeader('connection', 'close');
  sendJson(response, problem.status, problem.toBody());
}

/** Sends a file, or the asked range of it, or a body made by a handler. */
export async function sendBytes(request: IncomingMessage, response: ServerResponse, reply: BytesReply): Promise<void> {
  response.setHeader('content-type', reply.contentType);
  // Outputs of a run may be HTML or SVG with scripts; nothing of them may act in our origin.
  response.setHeader('content-security-policy', "sandbox; default-src 'none'");
  if (reply.downloadName !== undefined) {
    response.setHeader('content-disposition', `attachment; filename*=UTF-8''${rfc5987(reply.downloadName)}`);
  }
  for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value);
  if ('file' in reply) return sendFile(request, response, reply.file);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.body instanceof Uint8Array) {
    response.setHeader('content-length', reply.body.length);
    response.writeHead(200).end(reply.body);
    return;
  }
  response.writeHead(200);
  await pipeline(reply.body, response);
}

async function sendFile(request: IncomingMessage, response: ServerResponse, file: string): Promise<void> {
  const handle = await open(file);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Problem('not-found', 'This is not a file.');
    response.setHeader('accept-ranges', 'bytes');
    const range = parseRange(request.headers.range, stat.size);
    if (range === 'unsatisfiable') {
      response.setHeader('content-range', `bytes */${stat.size}`);
      throw new Problem('range-not-satisfiable', `The file has ${stat.size} bytes; the range lies outside of it.`);
    }
    const { start, end } = range ?? { start: 0, end: stat.size - 1 };
    response.setHeader('content-length', end - start + 1);
    if (range !== undefined) response.setHeader('content-range', `bytes ${start}-${end}/${stat.size}`);
    response.writeHead(range === undefined ? 200 : 206);
    // An end below the start is an empty file; a stream cannot say that.
    if (end < start) response.end();
    else await pipeline(handle.createReadStream({ start, end, autoClose: false }), response);
  } finally {
    await handle.close();
  }
}

async function open(file: string): Promise<fs.promises.FileHandle> {
  try {
    // A pipe that a run left among its outputs must not hold us until somebody writes to it.
    return await fs.promises.open(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Problem('not-found', 'The file is gone.', { cause });
    throw new Problem('unavailable', `The file cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/**
 * One range of bytes, RFC 9110 section 14; several at once are answered with the whole, which the RFC permits.
 * Undefined: send everything.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function rfc5987(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
