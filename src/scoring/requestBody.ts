import type { IncomingMessage } from 'node:http';
import { InputError } from './inputError.ts';

/** Refusals that are not 400. */
export class RequestRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type BodyKind = 'json' | 'csv';

/** @throws RequestRefusal 415 for anything but JSON and CSV */
export function bodyKind(request: IncomingMessage): BodyKind {
  if (request.headers['content-encoding'] && request.headers['content-encoding'] !== 'identity') {
    throw new RequestRefusal(415, 'Compressed bodies are not read; send the body as it is.');
  }
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  if (type === 'text/csv') return 'csv';
  throw new RequestRefusal(
    415,
    `The content type ${type ? JSON.stringify(type) : '(none)'} is not read; send application/json or text/csv.`,
  );
}

/** The whole body. Nothing beyond `limit` bytes is ever held. @throws RequestRefusal 413 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const refusal = () => new RequestRefusal(413, `The body is larger than ${limit} bytes; send fewer rows at a time.`);
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(refusal());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        reject(refusal());
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

/** @throws InputError with the parser's words */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`The body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
