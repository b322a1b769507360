import { constants } from 'node:fs';
import { lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errno, SnapshotError } from './errors.ts';
import { whyIgnored } from './ignore/ask.ts';
import { displayName, encodeName, nativePath } from './pathBytes.ts';
import { pathProblem } from './pathRules.ts';

const FILE = '.trainyardignore';

export interface IgnoreAdded {
  /** The line, as undoIgnore wants it. */
  line: string;
  /** The file was not there before. */
  created: boolean;
  /** The path was left out already, and nothing was written. */
  already: boolean;
  /** Whether the path is left out now; a negation in a deeper ignore file can win over the line. */
  effective: boolean;
}

/** Leaves one file or folder out of snapshots by a line in the folder's `.trainyardignore`. */
export async function addIgnore(
  folder: string,
  path: string,
  options: { foldCase?: boolean; globalExcludes?: string | false } = {},
): Promise<IgnoreAdded> {
  const root = await realpath(folder);
  const problem = pathProblem(path);
  if (problem !== undefined)
    throw new SnapshotError('unsafe-path', `${displayName(path)} cannot be ignored: ${problem}.`);
  const stats = await lstat(nativePath(root, path)).catch(() => undefined);
  if (stats === undefined) throw new SnapshotError('not-found', `${displayName(path)} is no longer in the folder.`);
  const isDirectory = stats.isDirectory();
  const line = ignoreLine(path, isDirectory);
  const fold = options.foldCase ?? (process.platform === 'win32' || process.platform === 'darwin');
  const { globalExcludes } = options;
  const ask = () =>
    whyIgnored(root, path, isDirectory, globalExcludes === undefined ? { fold } : { fold, globalExcludes });
  if ((await ask()) !== undefined) return { line, created: false, already: true, effective: true };
  const file = join(root, FILE);
  const before = await readBytes(file);
  const text = before?.toString('latin1') ?? '';
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? '' : newline;
  await replaceFile(
    file,
    Buffer.concat([before ?? Buffer.alloc(0), Buffer.from(gap), encodeName(line), Buffer.from(newline)]),
  );
  return { line, created: before === undefined, already: false, effective: (await ask()) !== undefined };
}

/** Takes a line back that addIgnore wrote. False if it is not there any more. An emptied file that was `created` goes. */
export async function undoIgnore(folder: string, added: Pick<IgnoreAdded, 'line' | 'created'>): Promise<boolean> {
  const file = join(await realpath(folder), FILE);
  const text = (await readBytes(file))?.toString('latin1') ?? '';
  const lines = text.split('\n');
  const wanted = encodeName(added.line).toString('latin1');
  const at = lines.findLastIndex((line) => line === wanted || line === `${wanted}\r`);
  if (at === -1) return false;
  lines.splice(at, 1);
  const rest = lines.join('\n');
  if (rest === '' && added.created) await rm(file, { force: true });
  else await replaceFile(file, Buffer.from(rest, 'latin1'));
  return true;
}

/** The pattern that matches just this path: anchored, with everything special quoted. */
export function ignoreLine(path: string, isDirectory: boolean): string {
  const quoted = path
    .replace(/[\\*?[]/g, '\\$&')
    // No line can hold a line break; the class of control characters is the narrowest that matches one.
    .replace(/[\r\n]/g, '[[:cntrl:]]')
    .replace(/ $/, '\\ ');
  return `/${quoted}${isDirectory ? '/' : ''}`;
}

async function readBytes(file: string): Promise<Buffer | undefined> {
  try {
    const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    const why = errno(error) === 'ELOOP' ? 'it is a symbolic link, which ignore files must not be' : errno(error);
    throw new SnapshotError('ignore-file', `${FILE} cannot be changed: ${why}.`, { cause: error });
  }
}

async function replaceFile(file: string, data: Buffer): Promise<void> {
  const mode = (await lstat(file).catch(() => undefined))?.mode ?? 0o644;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode & 0o777);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new SnapshotError('ignore-file', `${FILE} cannot be written: ${errno(error) || String(error)}.`, {
      cause: error,
    });
  }
}
