import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';

/**
 * The file that a client's path names below a folder, with all links resolved.
 * @throws Problem `invalid` for what no path inside can be, `not-found` for what is not there or leads outside by a link.
 */
export async function contained(folder: string, inner: string): Promise<string> {
  const bad = inner.includes('\0') || inner.includes('\\') || inner.startsWith('/') || /^[A-Za-z]:/.test(inner);
  const parts = inner === '' ? [] : inner.split('/');
  if (bad || parts.some((part) => part === '..' || part === '.' || part === '')) {
    throw new Problem('invalid', `${JSON.stringify(inner)} is no path inside this folder.`, {
      hint: 'Paths are relative, with / between their parts, and without . and ..',
    });
  }
  const notFound = () => new Problem('not-found', `There is no ${inner === '' ? 'folder' : inner} here.`);
  const root = await realpath(folder).catch(() => undefined);
  const file = await realpath(path.join(folder, ...parts)).catch(() => undefined);
  if (root === undefined || file === undefined) throw notFound();
  if (file !== root && !file.startsWith(root + path.sep)) throw notFound();
  return file;
}
