import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TensorSpec } from '../../../src/shared/domain/model.ts';
import { elementCount, exampleJson, flatten, isSmall, replaceFlat, toRequest } from './tensorForm.ts';

const image: TensorSpec = { name: 'X', type: 'float32', shape: ['N', 64] };
const row: TensorSpec = { name: 'row', type: 'int64', shape: ['N', 3] };

test('an example has the shape of the input, free dimensions being one', () => {
  assert.equal(elementCount(image), 64);
  assert.equal(isSmall(image), false);
  assert.equal(exampleJson(row), '[[0,0,0]]');
  assert.equal(exampleJson({ name: 's', type: 'string', shape: ['N'] }), '[""]');
  assert.equal(exampleJson({ name: 'b', type: 'bool', shape: [] }), 'false');
});

test('one field changes one number', () => {
  assert.equal(replaceFlat(row, '[[1,2,3]]', 1, '7'), '[[1,7,3]]');
  assert.deepEqual(flatten('[[1,7,3]]'), ['1', '7', '3']);
});

test('what cannot be parsed names its input', () => {
  const request = toRequest({ inputs: [row], outputs: [] }, { row: '[[1,' });
  assert.ok('error' in request && request.error.startsWith('row: '));
  assert.deepEqual(toRequest({ inputs: [row], outputs: [] }, { row: '[[1,2,3]]' }), {
    body: { inputs: { row: [[1, 2, 3]] } },
  });
});
