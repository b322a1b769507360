import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseHeadline, directionOf } from './headline.ts';
import { freeName, readableName } from './names.ts';

test('the headline is what was chosen, else the most telling name', () => {
  const choose = (keys: string[], chosen = {}) => chooseHeadline(keys, chosen);
  assert.deepEqual(choose(['loss', 'val_acc', 'acc']), { key: 'val_acc', direction: 'max' });
  assert.deepEqual(choose(['val/Loss', 'lr']), { key: 'val/Loss', direction: 'min' });
  assert.deepEqual(choose(['system/cpu', 'zeta']), { key: 'zeta', direction: 'max' });
  assert.equal(choose(['system/cpu']), undefined);
  const configured = { key: 'speed', direction: 'min' } as const;
  assert.deepEqual(choose(['acc', 'speed'], { configured }), configured);
  assert.deepEqual(choose(['acc'], { configured }), { key: 'acc', direction: 'max' });
  assert.deepEqual(choose(['acc', 'loss'], { configured, tag: 'loss' }), { key: 'loss', direction: 'min' });
});

test('the direction follows the name', () => {
  for (const key of ['train_loss', 'val/rmse', 'my_error', 'Perplexity']) assert.equal(directionOf(key), 'min', key);
  for (const key of ['acc', 'f1', 'reward', 'anything']) assert.equal(directionOf(key), 'max', key);
});

test('names are readable and unique', () => {
  const taken = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    const name = readableName((each) => taken.has(each));
    assert.match(name, /^[a-z]+-[a-z]+(-\d+)?$/);
    assert.equal(taken.has(name), false);
    taken.add(name);
  }
  assert.equal(
    freeName('a', (name) => ['a', 'a-2'].includes(name)),
    'a-3',
  );
});
