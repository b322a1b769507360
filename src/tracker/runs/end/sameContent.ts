import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** Whether both are plain files with the same bytes; false where either is missing. */
export async function sameContent(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((file) => lstat(file).catch(() => undefined)));
  if (!first?.isFile() || !second?.isFile() || first.size !== second.size) return false;
  const [left, right] = await Promise.all([hashOf(a), hashOf(b)]);
  return left === right;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
