import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, rename, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import { loadManifest } from '../../snapshots/manifest.ts';
import { openSnapshotStore } from '../../snapshots/store.ts';
import type { ManifestEntry } from '../../snapshots/types.ts';
import type { RunRow, StoredDetail } from '../repository/storedRun.ts';
import type { RunScope } from '../runScope.ts';
import { type FoundOutput, findOutputs } from './findOutputs.ts';
import { outputMatcher } from './outputPatterns.ts';
import { sameContent } from './sameContent.ts';

export interface CollectRequest {
  readonly scope: RunScope;
  readonly row: RunRow;
  readonly stored: StoredDetail;
  readonly directory: string;
}

/**
 * Brings what the run made into its `outputs/`: from its copy of the code by moving, from the person's own folder (a
 * run in place, or data that is linked into the copy) by copying. What the script put into `outputs/` itself stays and
 * is never overwritten. Can be repeated after a kill: what was moved is gone from its old place, and a copy that is
 * there already is not made again.
 */
export async function collectOutputs({ scope, row, stored, directory }: CollectRequest): Promise<void> {
  const root = stored.executionRoot;
  if (root === undefined || row.snapshot === null) return;
  const outputs = path.join(directory, RUN_FILES.outputs);
  await mkdir(outputs, { recursive: true });
  const before = await manifestOf(scope, row.snapshot);
  const wanted = outputMatcher(stored.configuration?.outputs);
  const since = stored.launchedAt ?? row.created_at;
  const inPlace = root === row.folder;
  const made = await findOutputs(root, { before, since, wanted, onlyTouched: inPlace });
  for (const output of made) await (inPlace ? copyIn : moveIn)(output, outputs);
  if (inPlace) return;
  for (const link of stored.links ?? []) {
    for (const output of await writtenThrough(link, since, wanted)) await copyIn(output, outputs);
  }
}

async function manifestOf(scope: RunScope, snapshot: string): Promise<Map<string, ManifestEntry>> {
  const { entries } = await loadManifest(await openSnapshotStore(scope.store.paths.snapshots), snapshot);
  return new Map(entries.map((entry) => [entry.path, entry]));
}

/** Ignored files of the person's folder are linked into the copy, and a script may have written to them there. */
async function writtenThrough(
  link: { readonly path: string; readonly source: string },
  since: number,
  wanted: (path: string) => boolean,
): Promise<FoundOutput[]> {
  const stat = await lstat(link.source).catch(() => undefined);
  if (stat?.isFile()) {
    const touched = stat.mtimeMs >= since && wanted(link.path);
    return touched ? [{ path: link.path, file: link.source, bytes: stat.size }] : [];
  }
  if (!stat?.isDirectory()) return [];
  const below = (inner: string): string => `${link.path}/${inner}`;
  const found = await findOutputs(link.source, {
    before: new Map(),
    since,
    wanted: (inner) => wanted(below(inner)),
    onlyTouched: true,
  });
  return found.map((output) => ({ ...output, path: below(output.path) }));
}

async function moveIn({ path: inner, file }: FoundOutput, outputs: string): Promise<void> {
  // The script has kept it already, by `trainyard.artifact` or `trainyard.model`: one file, not two.
  if (await sameContent(file, path.join(outputs, inner))) {
    await rm(file, { force: true });
    return;
  }
  const target = await freePlace(outputs, inner);
  await mkdir(path.dirname(target), { recursive: true });
  try {
    await rename(file, target);
  } catch (error) {
    // The script may have put its working copy, or its outputs, on another disk by a mount.
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copyWhole(file, target);
    await rm(file, { force: true });
  }
}

async function copyIn({ path: inner, file, bytes }: FoundOutput, outputs: string): Promise<void> {
  const [from, there] = [await lstat(file), await lstat(path.join(outputs, inner)).catch(() => undefined)];
  if (there?.isFile() && there.size === bytes && Math.abs(there.mtimeMs - from.mtimeMs) < 2) return;
  const target = await freePlace(outputs, inner);
  await mkdir(path.dirname(target), { recursive: true });
  await copyWhole(file, target);
  await utimes(target, from.atimeMs / 1000, from.mtimeMs / 1000);
}

/** Under another name first: a kill or a full disk never leaves half a file under its own. */
async function copyWhole(file: string, target: string): Promise<void> {
  const partial = `${target}.partial`;
  try {
    await copyFile(file, partial, constants.COPYFILE_FICLONE);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Where nothing is yet: the script's own outputs keep their names, a working file of the same name gets a number. */
async function freePlace(outputs: string, inner: string): Promise<string> {
  const wished = path.join(outputs, inner);
  const { dir, name, ext } = path.parse(wished);
  for (let number = 2, place = wished; ; number++) {
    if ((await lstat(place).catch(() => undefined)) === undefined) return place;
    place = path.join(dir, `${name} (${number})${ext}`);
  }
}
