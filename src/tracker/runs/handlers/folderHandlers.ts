import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import type { Handlers } from '../../api/handlers.ts';
import type { TrackerContext } from '../../context.ts';
import { findInterpreters } from '../../environments/findInterpreters.ts';
import { setWorkspaceOfFolder, workspaceOfFolders } from '../../folders/folderWorkspace.ts';
import { addIgnore, undoIgnore } from '../../snapshots/addIgnore.ts';
import { SnapshotError } from '../../snapshots/errors.ts';
import { preview } from '../../snapshots/preview.ts';
import type { Snapshotter } from '../../snapshots/snapshotter.ts';

type Names =
  | 'folders.preview'
  | 'folders.ignore'
  | 'folders.interpreters'
  | 'folders.workspace'
  | 'folders.setWorkspace';

const LARGE = { bytes: 200 * 1024 * 1024, files: 5000 };
/** Fewer files than this are looked at here; more in a child. */
const SMALL_FILES = 2000;

export function folderHandlers(context: TrackerContext, snapshotter: Snapshotter): Pick<Handlers, Names> {
  /** What was ignored here, so that undoing takes away what doing has added and nothing else. */
  const added = new Map<string, Awaited<ReturnType<typeof addIgnore>>>();
  return {
    'folders.preview': async ({ body, signal }) => {
      const folder = absolute(body.folder);
      const plan = { never: [context.home.root] };
      const seen = await preview(folder, { ...plan, maxFiles: SMALL_FILES, signal }).catch((error: unknown) => {
        if (!(error instanceof SnapshotError && error.code === 'too-many-files')) throw error;
        return snapshotter.preview(folder, plan, { signal });
      });
      const biggest = [
        ...seen.biggestFolders.map(({ path: inner, bytes }) => ({ path: inner, bytes, kind: 'directory' as const })),
        ...seen.biggestFiles.map(({ path: inner, bytes }) => ({ path: inner, bytes, kind: 'file' as const })),
      ];
      return {
        files: seen.files,
        bytes: seen.bytes,
        biggest: biggest.sort((a, b) => b.bytes - a.bytes),
        ignored: seen.ignored.map((entry) => entry.path),
        problems: seen.unreadable.map(({ path: inner, message }) => ({ path: inner, message })),
        large: seen.bytes > LARGE.bytes || seen.files > LARGE.files,
      };
    },

    'folders.ignore': async ({ body }) => {
      const folder = absolute(body.folder);
      const key = `${folder}\n${body.path}`;
      if (body.undo) {
        const before = added.get(key);
        if (before === undefined || !(await undoIgnore(folder, before))) {
          throw new Problem('not-found', `${body.path} was not ignored from here.`, {
            hint: 'Edit .trainyardignore by hand.',
          });
        }
        added.delete(key);
      } else added.set(key, await addIgnore(folder, body.path));
      return {};
    },

    'folders.interpreters': async ({ body }) => ({ interpreters: await findInterpreters(absolute(body.folder)) }),

    'folders.workspace': ({ body }) => {
      const { workspace, file } = workspaceOfFolders(body.folders.map(absolute), context.workspaces.list());
      return { workspace: workspace.id, name: workspace.name, ...(file === undefined ? {} : { file }) };
    },

    'folders.setWorkspace': ({ body }) => {
      const folder = absolute(body.folder);
      const wanted = body.workspace;
      if (wanted === undefined) setWorkspaceOfFolder(folder, undefined);
      else {
        // The id of one that exists: what is written must be found again.
        const { id } = context.workspaces.open(wanted);
        setWorkspaceOfFolder(folder, id);
      }
      return {};
    },
  };
}

function absolute(folder: string): string {
  if (path.isAbsolute(folder) && !folder.includes('\0')) return path.resolve(folder);
  throw new Problem('invalid', `A training folder is an absolute path, not ${JSON.stringify(folder)}.`);
}
