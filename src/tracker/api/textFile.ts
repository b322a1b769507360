import fs from 'node:fs';
import type { BytesReply } from './handlers.ts';

/** A text file from a byte offset on (negative: from the end); a file that is not there yet is empty. */
export function readFrom(file: string, offset: number): BytesReply {
  const contentType = 'text/plain; charset=utf-8';
  const size = fs.existsSync(file) ? fs.statSync(file).size : 0;
  const start = offset < 0 ? Math.max(0, size + offset) : Math.min(offset, size);
  const headers = { 'x-log-offset': String(start), 'x-log-size': String(size) };
  if (start >= size) return { body: new Uint8Array(0), contentType, headers };
  return { body: fs.createReadStream(file, { start, end: size - 1 }), contentType, headers };
}
