import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barsOf, compactJson } from './answer.ts';

test('an answer to one example is laid flat by output', () => {
  const expected = [
    { name: 'label', values: [7] },
    { name: 'probabilities', values: [0.25, 0.75] },
  ];
  assert.deepEqual(barsOf({ label: [7], probabilities: [[0.25, 0.75]] }, 24), expected);
  assert.deepEqual(barsOf({ predictions: { label: [7], probabilities: [[0.25, 0.75]] } }, 24), expected);
  assert.deepEqual(barsOf([[1, 2]], 24), [{ name: 'predictions', values: [1, 2] }]);
});

test('several examples, words, long vectors and errors stay JSON', () => {
  for (const body of [{ label: [7, 8] }, { label: ['cat'] }, { x: [Array(30).fill(0)] }, { error: 'no' }, 'no', null]) {
    assert.deepEqual(barsOf(body, 24), [], JSON.stringify(body));
  }
});

test('short arrays stay on one line', () => {
  assert.equal(compactJson({ a: [1, 2, 3] }), '{\n  "a": [1, 2, 3]\n}');
});
