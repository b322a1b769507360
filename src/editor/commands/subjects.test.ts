import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../contributions.ts';
import { parseVersion } from '../nodes.ts';
import { nodesOf } from './subjects.ts';
import { commandTagsText, parseTags } from './tags.ts';

const run = (id: string) => ({ kind: 'run', id }) as const;

test('a clicked item counts alone unless it is part of the selection', () => {
  assert.deepEqual(nodesOf([run('a')], 'run'), [run('a')]);
  assert.deepEqual(nodesOf([run('a'), [run('a'), run('b')]], 'run'), [run('a'), run('b')]);
  assert.deepEqual(nodesOf([run('a'), [run('b'), run('c')]], 'run'), [run('a')]);
  assert.deepEqual(nodesOf([[run('a'), run('b')]], 'run'), [run('a'), run('b')]);
  assert.deepEqual(nodesOf([run('a'), [run('a'), { kind: 'more', id: 'none' }]], 'run'), [run('a')]);
  assert.deepEqual(nodesOf([undefined, 'x'], 'run'), []);
});

test('the clicked item comes first, so that a command for one thing never takes its neighbour', () => {
  assert.deepEqual(nodesOf([run('b'), [run('a'), run('b'), run('c')]], 'run'), [run('b'), run('a'), run('c')]);
});

test('versions by their address', () => {
  assert.deepEqual(parseVersion('digits:3'), { kind: 'version', id: 'digits:3', model: 'digits', version: '3' });
  assert.equal(parseVersion('digits').version, 'latest');
});

test('tags are written in one line; what is not named any more goes', () => {
  assert.equal(commandTagsText({ baseline: 'true', seed: '3' }), 'baseline, seed=3');
  assert.deepEqual(parseTags('baseline, lr=a=b', { seed: '3' }), { seed: '', baseline: 'true', lr: 'a=b' });
  assert.deepEqual(parseTags('', { seed: '3' }), { seed: '' });
});

test('every command is of the extension', () => {
  for (const id of Object.keys(commands)) assert.match(id, /^trainyard\.[a-zA-Z]+$/);
});
