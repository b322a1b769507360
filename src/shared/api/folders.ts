import * as Type from 'typebox';
import { Empty, WorkspaceId } from '../domain/common.ts';
import { route } from './route.ts';

const Folder = Type.String({ minLength: 1, description: 'Absolute path of a training folder.' });

/** Questions about a training folder before a run is submitted. */
export const folderRoutes = {
  'folders.preview': route({
    method: 'POST',
    path: '/v1/folders/preview',
    summary: 'What a snapshot would hold: count, size, the biggest files, what is ignored, what cannot be read.',
    body: Type.Object({ folder: Folder }),
    reply: Type.Object({
      files: Type.Integer(),
      bytes: Type.Integer(),
      biggest: Type.Array(
        Type.Object({
          path: Type.String(),
          bytes: Type.Integer(),
          kind: Type.Union([Type.Literal('file'), Type.Literal('directory')]),
        }),
      ),
      ignored: Type.Array(Type.String()),
      problems: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
      /** True before the first submit of a folder that is large (over 200 MB or 5,000 files). */
      large: Type.Boolean(),
    }),
  }),
  'folders.ignore': route({
    method: 'POST',
    path: '/v1/folders/ignore',
    summary: 'Adds a path to `.trainyardignore`; `undo` takes the line away again.',
    body: Type.Object({ folder: Folder, path: Type.String({ minLength: 1 }), undo: Type.Optional(Type.Boolean()) }),
    reply: Empty,
  }),
  'folders.interpreters': route({
    method: 'POST',
    path: '/v1/folders/interpreters',
    summary: 'Interpreters found for a folder: its virtual environments, conda, pyenv, PATH.',
    body: Type.Object({ folder: Folder }),
    reply: Type.Object({
      interpreters: Type.Array(
        Type.Object({
          path: Type.String(),
          name: Type.String(),
          version: Type.Optional(Type.String()),
          source: Type.String(),
        }),
      ),
    }),
  }),
  'folders.workspace': route({
    method: 'POST',
    path: '/v1/folders/workspace',
    summary:
      'The workspace that the first of these folders belongs to by a `.trainyard/folder.json` in or above it; else the default one.',
    body: Type.Object({ folders: Type.Array(Folder, { maxItems: 100 }) }),
    reply: Type.Object({
      workspace: WorkspaceId,
      name: Type.String(),
      file: Type.Optional(Type.String({ description: 'The file that names it; absent for the default one.' })),
    }),
  }),
  'folders.setWorkspace': route({
    method: 'PUT',
    path: '/v1/folders/workspace',
    summary:
      'Writes into the folder’s `.trainyard/folder.json` which workspace it belongs to; without one takes that away.',
    body: Type.Object({ folder: Folder, workspace: Type.Optional(WorkspaceId) }),
    reply: Empty,
  }),
};
