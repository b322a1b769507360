import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from '../../shared/nearestWord.ts';
import { checkConfiguration, checkFolderFile } from './checkConfiguration.ts';

/** What is said of a text, with the piece of it that is marked. */
const said = (text: string) =>
  checkConfiguration(text).map(({ offset, length, message }) => [text.slice(offset, offset + length), message]);

test('a right configuration has nothing wrong, comments and commas included', () => {
  const text = `// how
  { "script": "train.py", "args": ["--lr", "0.1"], "onSave": { "enabled": true, "watch": ["**/*.py"], },
    "resources": { "memory": "8 GB", "time": "2h 30m", "cpus": 2 }, "inputs": ["data", { "name": "x", "path": "y" }],
    "env": { "SEED": "1" }, "target": "local", "runIn": "folder", /* done */ }`;
  assert.deepEqual(said(text), []);
});

test('a wrong key names the nearest right one, at its place, with a fix', () => {
  const text = '{ "script": "train.py", "expriment": "digits" }';
  assert.deepEqual(said(text), [['"expriment"', 'Unknown key “expriment”. Did you mean “experiment”?']]);
  const [finding] = checkConfiguration(text);
  assert.deepEqual(finding?.fix, { title: 'Change to “experiment”', offset: 24, length: 11, text: '"experiment"' });
});

test('a wrong type says what is expected and what is there', () => {
  assert.deepEqual(said('{ "script": 3 }'), [['3', 'Expected text in quotes, but this is a number.']]);
  assert.deepEqual(said('{ "script": "a.py", "args": "--lr 1" }'), [
    ['"--lr 1"', 'Expected a list [ … ], but this is text.'],
  ]);
  assert.deepEqual(said('{ "script": "a.py", "env": { "SEED": 1 } }'), [
    ['1', 'Expected text in quotes, but this is a number.'],
  ]);
  assert.equal(checkConfiguration('{ "script": "a.py", "env": { "SEED": 1 } }')[0]?.fix?.text, '"1"');
});

test('a wrong target, value or pattern', () => {
  assert.deepEqual(said('{ "script": "a.py", "target": "locl" }'), [
    ['"locl"', 'Unknown compute target “locl”. Did you mean “local”?'],
  ]);
  assert.deepEqual(said('{ "script": "a.py", "runIn": "foldr" }'), [
    ['"foldr"', 'Unknown value “foldr”. Did you mean “folder”?'],
  ]);
  assert.deepEqual(said('{ "script": "a.py", "resources": { "memory": "much" } }'), [
    ['"much"', '“much” is not understood. Write it like “8 GB”.'],
  ]);
  assert.deepEqual(said('{ "script": "a.py", "resources": { "cpus": 0 } }'), [['0', 'This must be more than 0.']]);
});

test('what is missing, twice, or no JSON at all', () => {
  assert.deepEqual(said('{ }'), [['{', '“script” is missing.']]);
  assert.deepEqual(said('{ "script": "a", "script": "b" }'), [
    ['"script"', '“script” stands here twice; the last one counts.'],
  ]);
  assert.deepEqual(said(''), [['', 'Value expected.']]);
  assert.ok(said('{ "script": "a.py", "args": [ }').length > 0);
  assert.deepEqual(said('[]'), [['[]', 'Expected an object { … }, but this is a list.']]);
});

test('one mistake does not hide the next', () => {
  assert.equal(checkConfiguration('{ "scrpt": "a.py", "args": 3, "onSave": { "enabled": "yes" } }').length, 4);
});

test('the nearest word is near, or there is none', () => {
  assert.equal(nearestWord('exepriment', ['experiment', 'environment']), 'experiment');
  assert.equal(nearestWord('tarin.py', ['train.py', 'model.py']), 'train.py');
  assert.equal(nearestWord('zzz', ['experiment', 'args']), undefined);
});

test('the file of a folder names a workspace that is there, by id or name', () => {
  const workspaces = [
    { id: 'main', name: 'Main' },
    { id: 'research', name: 'My research' },
  ];
  const words = (text: string, known: typeof workspaces | undefined = workspaces) =>
    checkFolderFile(text, known).map(({ message }) => message);
  for (const named of ['research', 'My Research', 'default'])
    assert.deepEqual(words(`{ "workspace": "${named}" }`), []);
  assert.deepEqual(words('{ "workspace": "Man" }'), ['Unknown workspace “Man”. Did you mean “Main”?']);
  assert.deepEqual(words('{ "workspce": "main" }'), ['Unknown key “workspce”. Did you mean “workspace”?']);
  assert.deepEqual(checkFolderFile('{ "workspace": "zebra" }', undefined), []);
});
