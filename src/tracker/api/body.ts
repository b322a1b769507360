import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '../../shared/api/error.ts';
import type { RouteName } from '../../shared/api/routes.ts';

const DEFAULT_LIMIT = 16 * 1024 * 1024;

/** Bytes of a body, where a route needs more or less than the default. */
const LIMITS: Partial<Record<RouteName, number>> = {
  'models.predict': 64 * 1024 * 1024,
  'deployments.invoke': 64 * 1024 * 1024,
};

/**
 * Reads a JSON body, refusing what is too long before it is buffered: by its announced length at once, else as soon as
 * the limit is passed.
 *
 * @throws Problem `unsupported-media-type`, `too-large`, `invalid`.
 */
export async function readJsonBody(
  request: IncomingMessage,
  response: ServerResponse,
  name: RouteName,
): Promise<unknown> {
  const limit = LIMITS[name] ?? DEFAULT_LIMIT;
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) throw tooLarge(limit);
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new Problem('unsupported-media-type', 'The body must be JSON, and Content-Type must say application/json.');
  }
  if (request.headers['content-encoding'] !== undefined) {
    throw new Problem('unsupported-media-type', 'Compressed bodies are not understood.');
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  const text = await collect(request, limit);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Problem('invalid', `The body is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

async function collect(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks, length));
  } catch (cause) {
    throw new Problem('invalid', 'The body is not UTF-8.', { cause });
  }
}

function tooLarge(limit: number): Problem {
  return new Problem('too-large', `The body is longer than ${limit} bytes, the most that is taken here.`);
}
