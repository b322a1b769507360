import type { Static } from 'typebox';
import * as Type from 'typebox';

/**
 * What holds for a training folder as a whole and all folders below it: the file `.trainyard/folder.json` (comments and
 * trailing commas allowed). It stands among the run configurations and is none. `media/folder.schema.json` is generated
 * from this schema, so every description here is read by people.
 */
export const FolderSettings = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    workspace: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description:
          'Workspace that the runs of this folder belong to, by its id or name. Default: the default workspace.',
      }),
    ),
  },
  { additionalProperties: false, title: 'Trainyard folder' },
);
export type FolderSettings = Static<typeof FolderSettings>;
