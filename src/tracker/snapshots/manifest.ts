import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errno, SnapshotError } from './errors.ts';
import { displayName } from './pathBytes.ts';
import { pathProblem } from './pathRules.ts';
import { manifestPath, type SnapshotStore } from './store.ts';
import type { ManifestEntry } from './types.ts';

// A manifest is text: a first line that names the format, then one JSON array per entry, sorted by path (UTF-16 code
// units), each line ended by a newline. The same content always gives the same bytes, whose SHA-256 is the snapshot's id:
//   ["f","src/a.py",120,"<sha256>"]   a file; "x" if executable, "ft" and "xt" if torn
//   ["l","latest","runs/7"]           a symbolic link and its target
//   ["d","outputs"]                   an empty directory

const HEADER = '{"format":"trainyard-snapshot","version":1}\n';

export interface Manifest {
  entries: ManifestEntry[];
  files: number;
  /** Bytes of all files together. */
  bytes: number;
}

/** The canonical text. Throws `unsafe-path` for an entry that could leave a folder. */
export function writeManifest(entries: readonly ManifestEntry[]): { text: string; id: string } {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  checkPaths(sorted);
  let text = HEADER;
  for (const entry of sorted) text += `${JSON.stringify(line(entry))}\n`;
  return { text, id: digest(text) };
}

/** Reads the text of a manifest. Throws `corrupt` where it is not one, `unsafe-path` where an entry could leave a folder. */
export function parseManifest(text: string): Manifest {
  if (!text.startsWith(HEADER)) throw new SnapshotError('corrupt', 'This is no snapshot manifest of a known version.');
  if (!text.endsWith('\n')) throw new SnapshotError('corrupt', 'The snapshot manifest is cut off.');
  const manifest: Manifest = { entries: [], files: 0, bytes: 0 };
  for (const each of text.slice(HEADER.length, -1).split('\n')) {
    if (each === '' && text.length === HEADER.length) break;
    const entry = parseLine(each);
    manifest.entries.push(entry);
    if (entry.type !== 'file') continue;
    manifest.files += 1;
    manifest.bytes += entry.size;
  }
  checkPaths(manifest.entries);
  return manifest;
}

/** Loads a snapshot's manifest and proves it against its id. */
export async function loadManifest(store: SnapshotStore, id: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(manifestPath(store, id), 'utf8');
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    throw new SnapshotError('not-found', `There is no snapshot ${id.slice(0, 12)}. It may have been deleted.`);
  }
  if (digest(text) !== id) {
    throw new SnapshotError(
      'corrupt',
      `The manifest of snapshot ${id.slice(0, 12)} is damaged on disk. Restore it from a backup, or submit again.`,
    );
  }
  return parseManifest(text);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function line(entry: ManifestEntry): (string | number)[] {
  if (entry.type === 'dir') return ['d', entry.path];
  if (entry.type === 'symlink') return ['l', entry.path, entry.target];
  return [(entry.executable ? 'x' : 'f') + (entry.torn ? 't' : ''), entry.path, entry.size, entry.sha256];
}

function parseLine(text: string): ManifestEntry {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    fields = undefined;
  }
  if (Array.isArray(fields)) {
    const [kind, path, third, fourth]: unknown[] = fields;
    if (typeof path === 'string') {
      if (kind === 'd') return { type: 'dir', path };
      if (kind === 'l' && typeof third === 'string' && third !== '' && !third.includes('\0')) {
        return { type: 'symlink', path, target: third };
      }
      const file = typeof kind === 'string' && /^[fx]t?$/.test(kind);
      const sized = typeof third === 'number' && Number.isSafeInteger(third) && third >= 0;
      if (file && sized && typeof fourth === 'string' && /^[0-9a-f]{64}$/.test(fourth)) {
        const [executable, torn] = [kind.startsWith('x'), kind.endsWith('t')];
        return { type: 'file', path, size: third, sha256: fourth, executable, torn };
      }
    }
  }
  throw new SnapshotError(
    'corrupt',
    `A line of the snapshot manifest cannot be read: ${displayName(text.slice(0, 80))}`,
  );
}

/** Each path stays below its folder, comes once, in order, and passes through nothing that is not a directory. */
function checkPaths(entries: readonly ManifestEntry[]): void {
  const leaves = new Set<string>();
  let last = '';
  for (const { path } of entries) {
    const problem = pathProblem(path);
    if (problem !== undefined) unsafe(path, problem);
    if (path <= last) unsafe(path, 'it comes twice or out of order');
    last = path;
    leaves.add(path);
  }
  let cleared = '';
  for (const { path } of entries) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent === cleared) continue;
    for (let at = parent; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      // A file or link below a link would be written through it, out of the folder.
      if (leaves.has(at)) unsafe(path, `${displayName(at)} is not a directory`);
    }
    cleared = parent;
  }
}

function unsafe(path: string, why: string): never {
  throw new SnapshotError('unsafe-path', `The path "${displayName(path)}" must not be in a snapshot: ${why}.`, {
    paths: [path],
  });
}
