import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressOf } from './progress.ts';

const logged = (lastStep: number, count = lastStep) => [{ key: 'loss', lastStep, count }];

test('epochs where the parameters name them, else steps; counting from 0 is one further', () => {
  assert.deepEqual(progressOf({ epochs: '20' }, logged(7)), { name: 'epoch', done: 7, total: 20 });
  assert.deepEqual(progressOf({ max_epochs: '20' }, logged(6, 7)), { name: 'epoch', done: 7, total: 20 });
  assert.deepEqual(progressOf({ epochs: '2', max_steps: '900' }, logged(300)), { name: 'step', done: 300, total: 900 });
  assert.deepEqual(progressOf({ epochs: 'many' }, logged(300)), { name: 'step', done: 300 });
  assert.equal(progressOf({ epochs: '2' }, [{ key: 'system/cpu', lastStep: 3, count: 3 }]), undefined);
});
