import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errno, explainSpace, SnapshotError } from './errors.ts';
import type { LinkBack } from './linkBack.ts';
import { loadManifest, type Manifest } from './manifest.ts';
import { displayName, encodeName, nativePath } from './pathBytes.ts';
import { linkInside, pathProblem } from './pathRules.ts';
import { leadsToDirectory, placeLink } from './placeLink.ts';
import { inParallel } from './pool.ts';
import { blobPath, type SnapshotStore } from './store.ts';
import type { ManifestEntry, Progress } from './types.ts';

export interface MaterialiseOptions {
  signal?: AbortSignal;
  /** Called once per file. */
  onProgress?: (progress: Progress) => void;
  /** Ignored paths of the person's folder to link back, from linksBack(). */
  links?: readonly LinkBack[];
  /** The person's folder: links of the snapshot that lead out of it by `..` are pointed at what they meant there. */
  folder?: string;
}

export interface Materialised {
  files: number;
  bytes: number;
  links: number;
  /** Links back that were not made, because the snapshot itself holds something at that place. */
  linksSkipped: string[];
}

const LANES = 16;

/**
 * Makes a run's own copy of a snapshot at `target`, which must not exist yet. Files are cloned where the file system can
 * and copied elsewhere, never hard-linked. The copy is made beside the target and renamed when whole: after a failure or
 * an abort there is nothing.
 * Throws SnapshotError `target-exists`, `name-collision`, `corrupt`, `unsafe-path`, `not-found`, `no-space`.
 */
export async function materialise(
  store: SnapshotStore,
  id: string,
  target: string,
  options: MaterialiseOptions = {},
): Promise<Materialised> {
  const final = resolve(target);
  await refuseExisting(final);
  await mkdir(dirname(final), { recursive: true });
  const partial = `${final}.partial-${randomBytes(6).toString('hex')}`;
  try {
    return await store.lock.shared(async () => {
      const manifest = await loadManifest(store, id);
      await mkdir(partial, { mode: 0o755 });
      const made = await fill(store, manifest, { partial, final }, options);
      await refuseExisting(final);
      await rename(partial, final);
      return made;
    });
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw explainSpace(error, dirname(final));
  }
}

async function refuseExisting(target: string): Promise<void> {
  const there = await lstat(target).catch(() => undefined);
  if (there === undefined) return;
  throw new SnapshotError('target-exists', `${target} exists already. A run's copy is only ever made new.`);
}

interface Places {
  partial: string;
  final: string;
}

async function fill(
  store: SnapshotStore,
  manifest: Manifest,
  places: Places,
  options: MaterialiseOptions,
): Promise<Materialised> {
  const directories = directoriesOf(manifest.entries);
  const leaves = new Set(manifest.entries.filter((entry) => entry.type !== 'dir').map((entry) => entry.path));
  const { links, skipped } = fitting(options.links ?? [], directories, leaves);
  for (const { path } of links) addParents(path, directories);
  // Sorted, parents come before their children.
  for (const path of [...directories].sort()) await mkdir(nativePath(places.partial, path), { mode: 0o755 });
  const made = { files: 0, bytes: 0, links: links.length, linksSkipped: skipped };
  await inParallel(manifest.entries, { limit: LANES, signal: options.signal }, async (entry) => {
    if (entry.type === 'dir') return;
    try {
      if (entry.type === 'symlink') return await copyLink(entry, places, directories, options.folder);
      await copyFileEntry(store, entry, places.partial);
    } catch (error) {
      throw explainEntry(error, entry.path);
    }
    made.files += 1;
    made.bytes += entry.size;
    options.onProgress?.({ files: made.files, bytes: made.bytes, path: entry.path });
  });
  await inParallel(links, { limit: LANES, signal: options.signal }, async ({ path, source, type }) => {
    const at = nativePath(places.partial, path);
    const pointed = source.isWellFormed() ? source : encodeName(source);
    await placeLink({ at, target: pointed, absolute: source, isDirectory: type === 'dir' });
  });
  return made;
}

async function copyFileEntry(
  store: SnapshotStore,
  entry: ManifestEntry & { type: 'file' },
  partial: string,
): Promise<void> {
  const at = nativePath(partial, entry.path);
  const blob = blobPath(store, entry.sha256);
  try {
    await copyFile(blob, at, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    const message = `The content of ${displayName(entry.path)} is missing from the snapshot store. Submit again from the folder to store it anew.`;
    throw new SnapshotError('corrupt', message, { cause: error, paths: [entry.path] });
  }
  if (entry.executable) await chmod(at, 0o755);
}

async function copyLink(
  entry: ManifestEntry & { type: 'symlink' },
  places: Places,
  directories: ReadonlySet<string>,
  folder: string | undefined,
): Promise<void> {
  const at = nativePath(places.partial, entry.path);
  const inside = linkInside(entry.path, entry.target);
  if (inside !== undefined) {
    const isDirectory = inside === '' || directories.has(inside);
    await placeLink({ at, target: encodeName(entry.target), absolute: join(places.final, inside), isDirectory });
    return;
  }
  // A relative link out of the folder meant something beside the person's folder, not beside the run's copy.
  const meant = resolve(folder ?? places.final, dirname(entry.path), entry.target);
  const target = folder === undefined ? entry.target : meant;
  await placeLink({ at, target: encodeName(target), absolute: meant, isDirectory: await leadsToDirectory(meant) });
}

function directoriesOf(entries: readonly ManifestEntry[]): Set<string> {
  const directories = new Set<string>();
  for (const entry of entries) {
    if (entry.type === 'dir') directories.add(entry.path);
    addParents(entry.path, directories);
  }
  return directories;
}

function addParents(path: string, directories: Set<string>): void {
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const parent = path.slice(0, cut);
    if (directories.has(parent)) return;
    directories.add(parent);
  }
}

/** Only links at a free place, and below nothing that is not a directory: none is ever written through another. */
function fitting(links: readonly LinkBack[], directories: ReadonlySet<string>, leaves: ReadonlySet<string>) {
  const fits: LinkBack[] = [];
  const skipped: string[] = [];
  const taken = new Set(leaves);
  for (const link of [...links].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const problem = pathProblem(link.path);
    if (problem !== undefined) {
      throw new SnapshotError('unsafe-path', `The path "${displayName(link.path)}" cannot be linked: ${problem}.`);
    }
    const parents = new Set<string>();
    addParents(link.path, parents);
    const blocked = directories.has(link.path) || taken.has(link.path) || [...parents].some((each) => taken.has(each));
    if (blocked) skipped.push(link.path);
    else {
      taken.add(link.path);
      fits.push(link);
    }
  }
  return { links: fits, skipped };
}

function explainEntry(error: unknown, path: string): unknown {
  if (errno(error) !== 'EEXIST') return error;
  const message = `${displayName(path)} cannot be written beside a name that this file system takes for the same (it differs only in case or Unicode form). Rename one of them.`;
  return new SnapshotError('name-collision', message, { cause: error, paths: [path] });
}
