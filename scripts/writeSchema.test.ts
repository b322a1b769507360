import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { schemaFiles } from './writeSchema.ts';

test('the schemas that the editor completes from are those that the tracker checks with', () => {
  for (const { file, text } of schemaFiles()) {
    assert.equal(readFileSync(file, 'utf8'), text, 'Run node scripts/writeSchema.ts.');
  }
});
