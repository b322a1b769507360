import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { Problem } from '../../../shared/api/error.ts';
import type { MediaEntry, OutputEntry } from '../../../shared/domain/run.ts';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Handlers } from '../../api/handlers.ts';
import { exportZip } from '../../snapshots/exportZip.ts';
import { loadManifest } from '../../snapshots/manifest.ts';
import { streamSnapshotFile } from '../../snapshots/readFile.ts';
import { openSnapshotStore } from '../../snapshots/store.ts';
import { type RunScope, type RunScopes, runDirectory } from '../runScope.ts';
import { contained } from './contained.ts';
import { contentType } from './contentType.ts';

type Names = 'runs.outputs' | 'runs.output' | 'runs.media' | 'runs.snapshot' | 'runs.snapshotFile' | 'runs.snapshotZip';

const MAX_ENTRIES = 10_000;

export function outputHandlers(scopes: RunScopes): Pick<Handlers, Names> {
  return {
    'runs.outputs': async ({ params, query }) => {
      const scope = scopes.open(params.workspace);
      const root = outputsOf(scope, params.run);
      const inner = query.path ?? '';
      if (inner === '' && (await lstat(root).catch(() => undefined)) === undefined)
        return { entries: [], truncated: false };
      return listFolder(await contained(root, inner), inner, query.recursive ?? false);
    },

    'runs.output': async ({ params, query }) => {
      const scope = scopes.open(params.workspace);
      const file = await contained(outputsOf(scope, params.run), query.path);
      if (!(await lstat(file)).isFile()) {
        throw new Problem('invalid', `${query.path} is a folder.`, { hint: 'List it with runs.outputs.' });
      }
      return { file, contentType: contentType(query.path), downloadName: path.posix.basename(query.path) };
    },

    'runs.media': ({ params }) => {
      const scope = scopes.open(params.workspace);
      scope.queries.row(params.run, { withDeleted: true });
      return { media: mediaOf(scope, params.run) };
    },

    'runs.snapshot': async ({ params }) => {
      const { id, store, takenAt } = await snapshotOf(scopes.open(params.workspace), params.run);
      const { entries } = await loadManifest(store, id);
      const files = entries.map((entry): OutputEntry => {
        const kind = entry.type === 'dir' ? 'directory' : entry.type === 'symlink' ? 'link' : 'file';
        return { path: entry.path, kind, bytes: entry.type === 'file' ? entry.size : 0, modifiedAt: takenAt };
      });
      return { id, files };
    },

    'runs.snapshotFile': async ({ params, query }) => {
      const { id, store } = await snapshotOf(scopes.open(params.workspace), params.run);
      const { stream, size } = await streamSnapshotFile(store, id, query.path);
      return {
        body: stream,
        contentType: contentType(query.path),
        downloadName: path.posix.basename(query.path),
        headers: { 'Content-Length': String(size) },
      };
    },

    'runs.snapshotZip': async ({ params, signal }) => {
      const scope = scopes.open(params.workspace);
      const { id, store } = await snapshotOf(scope, params.run);
      // Proven to be there before the answer begins; after that an error can only cut it off.
      await loadManifest(store, id);
      const body = new PassThrough();
      exportZip(store, id, body, { signal }).catch((error: Error) => body.destroy(error));
      const { name } = scope.queries.row(params.run, { withDeleted: true });
      return { body, contentType: 'application/zip', downloadName: `${name.replace(/[^\w.-]+/g, '_')}.zip` };
    },
  };
}

/** The outputs of a run's process; a child within a process shares its parent's. */
export function outputsOf(scope: RunScope, run: string): string {
  const row = scope.queries.row(run, { withDeleted: true });
  if (row.folder === null && row.parent !== null) return outputsOf(scope, row.parent);
  return path.join(runDirectory(scope, run), RUN_FILES.outputs);
}

async function listFolder(folder: string, inner: string, recursive: boolean) {
  const entries: OutputEntry[] = [];
  const queue = [{ folder, inner }];
  for (const place of queue) {
    const found = await readdir(place.folder, { withFileTypes: true }).catch((): Dirent[] => []);
    for (const entry of found.sort(byKindAndName)) {
      if (entries.length >= MAX_ENTRIES) return { entries, truncated: true };
      const file = path.join(place.folder, entry.name);
      const stat = await lstat(file).catch(() => undefined);
      if (stat === undefined || entry.name.endsWith('.partial')) continue;
      const own = place.inner === '' ? entry.name : `${place.inner}/${entry.name}`;
      const kind = entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'file';
      entries.push({
        path: own,
        kind,
        bytes: kind === 'file' ? stat.size : 0,
        modifiedAt: Math.max(0, Math.round(stat.mtimeMs)),
      });
      if (recursive && kind === 'directory') queue.push({ folder: file, inner: own });
    }
  }
  return { entries, truncated: false };
}

function byKindAndName(a: Dirent, b: Dirent): number {
  return Number(b.isDirectory()) - Number(a.isDirectory()) || a.name.localeCompare(b.name, 'en', { numeric: true });
}

function mediaOf(scope: RunScope, run: string): MediaEntry[] {
  return scope.store.db
    .prepare<[string], MediaEntry>(
      'SELECT key, kind, step, time, path FROM run_media WHERE run = ? ORDER BY key, step, time',
    )
    .all(run);
}

async function snapshotOf(scope: RunScope, run: string) {
  const row = scope.queries.row(run, { withDeleted: true });
  if (row.snapshot === null) {
    throw new Problem('not-found', `${row.name} has no snapshot.`, {
      hint: 'Only runs that were submitted have one; a run that is being prepared gets it in a moment.',
    });
  }
  return { id: row.snapshot, store: await openSnapshotStore(scope.store.paths.snapshots), takenAt: row.created_at };
}
