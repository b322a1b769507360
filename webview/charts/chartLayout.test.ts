import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, emptyLayout, move, toggle } from './chartLayout.ts';

const keys = ['val/acc', 'train/loss', 'lr', 'train/acc', 'layer10', 'layer2'];

test('charts are grouped by the part of the name before the slash', () => {
  const groups = arrange(keys, emptyLayout, '');
  assert.deepEqual(
    groups.map((group) => [group.name, ...group.keys]),
    [
      ['train', 'train/loss', 'train/acc'],
      ['val', 'val/acc'],
      ['', 'layer2', 'layer10', 'lr'],
    ],
  );
});

test('pinned charts come first and hidden ones are left out', () => {
  const groups = arrange(keys, { pinned: ['lr'], hidden: ['val/acc'], order: [] }, '');
  assert.deepEqual(groups[0], { name: 'Pinned', keys: ['lr'] });
  assert.ok(!groups.some((group) => group.keys.includes('val/acc')));
});

test('search looks anywhere in the name and does not care for case', () => {
  assert.deepEqual(
    arrange(keys, emptyLayout, ' ACC ').flatMap((group) => group.keys),
    ['train/acc', 'val/acc'],
  );
});

test('a chart moves by one place and not beyond the ends', () => {
  const layout = move(emptyLayout, ['a', 'b', 'c'], 'b', -1);
  assert.deepEqual(layout.order, ['b', 'a', 'c']);
  assert.equal(move(layout, ['b', 'a', 'c'], 'b', -1), layout);
  assert.deepEqual(arrange(['a', 'b', 'c'], layout, '')[0]?.keys, ['b', 'a', 'c']);
});

test('toggling twice changes nothing', () => {
  assert.deepEqual(toggle(toggle(['a'], 'b'), 'b'), ['a']);
});
