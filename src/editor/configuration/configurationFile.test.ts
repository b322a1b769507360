import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quoteArgument, splitArguments } from '../train/arguments.ts';
import { configurationName, editConfiguration, newConfigurationText, readConfiguration } from './configurationFile.ts';
import { type ExtensionFinder, selectedPython } from './python.ts';
import { looksLikeTraining, plausibleScripts } from './scripts.ts';

test('a new file reads back as what was written', () => {
  const configuration = { script: 'train.py', args: ['--name', 'a "b"'] };
  assert.deepEqual(readConfiguration(newConfigurationText(configuration)), configuration);
  assert.equal(readConfiguration('{ "args": [] }'), undefined);
  assert.equal(readConfiguration('no'), undefined);
});

test('an edit keeps comments and layout', () => {
  const before = '// mine\n{\n  "script": "train.py", // the one\n}\n';
  const after = editConfiguration(before, ['onSave', 'enabled'], true);
  assert.match(after, /^\/\/ mine\n/);
  assert.match(after, /"train\.py",? \/\/ the one/);
  assert.deepEqual(readConfiguration(after)?.onSave, { enabled: true });
});

test('names are plain and not taken', () => {
  assert.equal(configurationName('src/train.py', []), 'train');
  assert.equal(configurationName('train.py', ['train', 'train-2']), 'train-3');
  assert.equal(configurationName('my model (1).py', []), 'my-model-1');
  assert.equal(configurationName('….py', []), 'run');
  // On disks that fold case these are one file.
  assert.equal(configurationName('Train.py', ['train']), 'Train-2');
});

test('the likeliest script comes first, libraries and tests not at all', () => {
  const main = 'if __name__ == "__main__":\n  main()\n';
  const files = [
    { path: 'utils.py', head: main },
    { path: 'model.py', head: 'class Net: ...' },
    { path: 'test_train.py', head: main },
    { path: 'src/prepare.py', head: main },
    { path: 'train.py', head: `import trainyard\n${main}` },
    { path: 'notes.txt', head: '' },
  ];
  assert.deepEqual(plausibleScripts(files), ['train.py', 'src/prepare.py']);
  assert.equal(looksLikeTraining('/x/train_net.py', main), true);
  assert.equal(looksLikeTraining('/x/server.py', main), false);
  // Each blank line must not be tried from each other one: this took minutes.
  assert.equal(looksLikeTraining('/x/server.py', '\n'.repeat(300_000)), false);
});

test('arguments are split as a shell would, and back', () => {
  assert.deepEqual(splitArguments(`--name "my run" --x='a b' plain ""`), ['--name', 'my run', '--x=a b', 'plain', '']);
  assert.deepEqual(splitArguments('  '), []);
  assert.equal(['a', 'b c', ''].map(quoteArgument).join(' '), 'a "b c" ""');
  fc.assert(
    fc.property(fc.array(fc.string()), (list) => {
      assert.deepEqual(splitArguments(list.map(quoteArgument).join(' ')), list);
    }),
  );
});

test('the Python that is selected in the editor, by the documented API', async () => {
  const api = {
    environments: {
      getActiveEnvironmentPath: () => ({ path: '/envs/ml' }),
      resolveEnvironment: async () => ({
        executable: { uri: { fsPath: '/envs/ml/bin/python' } },
        version: { major: 3, minor: 11, micro: 2 },
        environment: { name: 'ml' },
      }),
    },
  };
  const finder = (exports: unknown, isActive = true): ExtensionFinder => ({
    getExtension: () => ({ isActive, exports, activate: async () => exports }),
  });
  const folder = { fsPath: '/work' } as never;
  const expected = { path: '/envs/ml/bin/python', name: 'ml', source: 'selected in the editor', version: '3.11.2' };
  assert.deepEqual(await selectedPython(finder(api), folder), expected);
  assert.deepEqual(await selectedPython(finder(api, false), folder), expected);
  assert.equal(await selectedPython({ getExtension: () => undefined }, folder), undefined);
  assert.equal(await selectedPython(finder({}), folder), undefined);
  assert.equal(
    await selectedPython(
      finder({
        environments: {
          getActiveEnvironmentPath: () => {
            throw new Error('no');
          },
        },
      }),
      folder,
    ),
    undefined,
  );
});

test('the file about the folder is no configuration, so none gets its name', () => {
  assert.equal(configurationName('folder.py', []), 'folder-2');
});
