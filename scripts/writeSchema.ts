// Writes the JSON schemas in media/ from those that the tracker checks with: node scripts/writeSchema.ts
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { FolderSettings } from '../src/shared/domain/folderSettings.ts';
import { RunConfiguration } from '../src/shared/domain/runConfiguration.ts';
import { root } from './install.mjs';

const head = { $schema: 'http://json-schema.org/draft-07/schema#', allowComments: true, allowTrailingCommas: true };
const text = (schema: object) => `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`;

/** The files and their text. Comments and trailing commas are what people write into them. */
export function schemaFiles(): { file: string; text: string }[] {
  return [
    { file: path.join(root, 'media', 'run-configuration.schema.json'), text: text(RunConfiguration) },
    { file: path.join(root, 'media', 'folder.schema.json'), text: text(FolderSettings) },
  ];
}

if (import.meta.main) for (const { file, text } of schemaFiles()) writeFileSync(file, text);
