import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import { watching } from './watching.ts';

const stored = (name: string, value: RunConfiguration | undefined) =>
  ({ kind: 'configuration', id: name, name, folder: '/home/ada/digits', value }) as unknown as StoredConfiguration;

test('a saved file starts those configurations that are switched on and watch it', () => {
  const all = [
    stored('off', { script: 'train.py', onSave: { enabled: false } }),
    stored('default', { script: 'fit.R', onSave: { enabled: true } }),
    stored('data', { script: 'train.py', onSave: { enabled: true, watch: ['conf/*.yaml'] } }),
    stored('unreadable', undefined),
    // Problems says what is wrong in these; a save must neither fail nor start them at random.
    stored('number', { script: 'train.py', onSave: { enabled: true, watch: 5 } } as never),
    stored('text', { script: 'train.py', onSave: { enabled: true, watch: '**/*.md' } } as never),
    stored('mixed', { script: 'train.py', onSave: { enabled: true, watch: [null, 'a.txt'] } } as never),
  ];
  const names = (file: string) => watching(all, file).map(({ name }) => name);
  assert.deepEqual(names('/home/ada/digits/src/model.py'), ['default']);
  assert.deepEqual(names('/home/ada/digits/fit.R'), ['default']);
  assert.deepEqual(names('/home/ada/digits/conf/a.yaml'), ['data']);
  assert.deepEqual(names('/home/ada/digits/README.md'), []);
  assert.deepEqual(names('/home/ada/digits-2/train.py'), []);
  assert.deepEqual(names('/home/ada/digits/a.txt'), ['mixed']);
});
