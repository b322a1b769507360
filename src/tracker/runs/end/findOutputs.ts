import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isCacheName, isEnvironmentFolder, isSecretName } from '../../snapshots/ignore/builtin.ts';
import type { ManifestEntry } from '../../snapshots/types.ts';

export interface FoundOutput {
  /** Relative to the root that was searched, with `/`. */
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
}

export interface SearchOptions {
  /** What the snapshot held, by path. */
  readonly before: ReadonlyMap<string, ManifestEntry>;
  /** Milliseconds since the epoch: a file that was not touched since is not looked into. */
  readonly since: number;
  readonly wanted: (path: string) => boolean;
  /** True also finds files that the snapshot did not hold and that are older: what the run was given, not what it made. */
  readonly onlyTouched: boolean;
}

/** File systems keep times with different care: a file this much older than the start is still compared by content. */
const COARSE_MS = 2100;
/** Where there is nothing to compare with, only the kernel's own tick is allowed for. */
const TICK_MS = 12;
const MAX_FILES = 200_000;

/**
 * Files below `root` that are new, or other than in the snapshot. Links are neither followed nor taken; caches,
 * environments and repositories are left out.
 */
export async function findOutputs(root: string, options: SearchOptions): Promise<FoundOutput[]> {
  const found: FoundOutput[] = [];
  const queue = [''];
  for (const folder of queue) {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch((): Dirent[] => []);
    if (isEnvironmentFolder(new Set(entries.map(({ name }) => name)))) continue;
    for (const entry of entries) {
      if (isCacheName(entry.name) || entry.name === '.git') continue;
      const inner = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) queue.push(inner);
      else if (entry.isFile() && !isSecretName(entry.name) && options.wanted(inner)) {
        const output = await examine(path.join(root, inner), inner, options);
        if (output !== undefined) found.push(output);
        if (found.length >= MAX_FILES) return found;
      }
    }
  }
  return found;
}

async function examine(file: string, inner: string, options: SearchOptions): Promise<FoundOutput | undefined> {
  const stat = await lstat(file).catch(() => undefined);
  if (stat === undefined) return undefined;
  const output = { path: inner, file, bytes: stat.size };
  const before = options.before.get(inner);
  const changedAt = Math.max(stat.mtimeMs, stat.ctimeMs);
  if (before === undefined) return !options.onlyTouched || changedAt >= options.since - TICK_MS ? output : undefined;
  if (before.type !== 'file' || before.size !== stat.size) return output;
  if (changedAt < options.since - COARSE_MS) return undefined;
  return (await hashOf(file)) === before.sha256 ? undefined : output;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
