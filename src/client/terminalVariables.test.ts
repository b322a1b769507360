import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { terminalVariables } from './terminalVariables.ts';

test('the helper comes before the shell’s own PYTHONPATH, once', () => {
  const variables = { PYTHONPATH: '/helper', TRAINYARD_HOME: '/h' };
  const joined = ['/helper', '/mine'].join(path.delimiter);
  assert.deepEqual(terminalVariables(variables, { PYTHONPATH: '/mine' }), { ...variables, PYTHONPATH: joined });
  assert.deepEqual(terminalVariables(variables, { PYTHONPATH: joined }), { ...variables, PYTHONPATH: joined });
  assert.deepEqual(terminalVariables(variables, {}), variables);
});
