import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { schemaFile, schemaText } from './writeSchema.ts';

test('the schema that the editor completes from is the one that the tracker checks with', () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), schemaText(), 'Run node scripts/writeSchema.ts.');
});
