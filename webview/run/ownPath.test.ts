import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownPath, scriptName } from './ownPath.ts';

const run = { folder: '/home/me/digits', runDirectory: '/data/runs/1', workingDirectory: '/data/runs/1/code/sub' };

test('a file of the run’s copy is the one in the person’s folder', () => {
  assert.deepEqual(ownPath(run, '/data/runs/1/code/train.py'), { path: '/home/me/digits/train.py', name: 'train.py' });
  assert.deepEqual(ownPath(run, './a/b.py'), {
    path: '/home/me/digits/sub/a/b.py',
    name: 'sub/a/b.py',
  });
});

test('a file elsewhere, also beside the copy, keeps its path', () => {
  for (const file of ['/usr/lib/python3/json.py', '/data/runs/1/code2/x.py', 'C:\\Python\\os.py']) {
    assert.deepEqual(ownPath(run, file), { path: file, name: file });
  }
});

test('a script is named inside its folder', () => {
  assert.equal(scriptName({ ...run, script: '/home/me/digits/train.py' }), 'train.py');
  assert.equal(scriptName(run), undefined);
});
