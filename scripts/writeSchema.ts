// Writes media/run-configuration.schema.json from the schema that the tracker checks with: node scripts/writeSchema.ts
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunConfiguration } from '../src/shared/domain/runConfiguration.ts';
import { root } from './install.mjs';

export const schemaFile = path.join(root, 'media', 'run-configuration.schema.json');

/** The text of the file. Comments and trailing commas are what people write into configurations. */
export function schemaText(): string {
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', allowComments: true, allowTrailingCommas: true };
  return `${JSON.stringify({ ...head, ...RunConfiguration }, undefined, 2)}\n`;
}

if (import.meta.main) writeFileSync(schemaFile, schemaText());
