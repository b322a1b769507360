import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImports, importsOf } from './imports.ts';

const one = (file: string, text: string) => checkImports([{ file, text }]);

test('finds every spelling of an import, and none in comments', () => {
  const text = `import a from './a.ts';
import {
  b,
} from '../b.ts';
import type { C } from "./c.ts";
export { d } from './d.ts';
import './e.ts';
const f = await import('./f.ts');
// import g from './g.ts';
/* import h from './h.ts'; */`;
  const found = importsOf({ file: 'src/x/y.ts', text }).map(({ to }) => to);
  assert.deepEqual(found, ['src/x/a.ts', 'src/b.ts', 'src/x/c.ts', 'src/x/d.ts', 'src/x/e.ts', 'src/x/f.ts']);
});

test('vscode belongs to the entry and the editor', () => {
  const text = `import * as vscode from 'vscode';`;
  for (const file of ['src/extension.ts', 'src/editor/a.ts', 'test/editor/suite/a.test.ts'])
    assert.deepEqual(one(file, text), []);
  for (const file of ['src/tracker/a.ts', 'src/client/a.ts', 'src/shared/a.ts', 'webview/run/a.ts', 'scripts/a.ts']) {
    assert.match(one(file, text)[0] ?? '', /imports vscode/);
  }
  assert.match(one('src/cli/a.ts', `import type { Uri } from 'vscode';`)[0] ?? '', /imports vscode/);
});

test('the walls between the parts', () => {
  assert.match(one('src/shared/a.ts', `import '../client/b.ts';`)[0] ?? '', /src\/shared imports nothing/);
  assert.deepEqual(one('src/shared/a.ts', `import './b.ts'; `), []);
  assert.match(one('webview/run/a.tsx', `import '../../src/client/b.ts';`)[0] ?? '', /webview imports only/);
  assert.deepEqual(one('webview/run/a.tsx', `import '../../src/shared/b.ts';\nimport '../ui/c.tsx';`), []);
  assert.match(one('src/tracker/a.ts', `import '../editor/b.ts';`)[0] ?? '', /without the editor/);
  assert.match(one('src/tracker/a.ts', `import '../../test/harness/b.ts';`)[0] ?? '', /does not depend on test/);
  assert.deepEqual(one('src/tracker/a.test.ts', `import '../../test/harness/b.ts';`), []);
});

test('what is for tests may use the harness, and only tests may use it', () => {
  assert.deepEqual(one('src/tracker/runs/testing.ts', `import '../../../test/harness/home.ts';`), []);
  assert.match(one('src/tracker/runs/a.ts', `import './testing.ts';`)[0] ?? '', /for tests only/);
});

test('a cycle is named, through types too', () => {
  const complaints = checkImports([
    { file: 'src/a.ts', text: `import './b.ts';` },
    { file: 'src/b.ts', text: `import type { C } from './c.ts';` },
    { file: 'src/c.ts', text: `export * from './a.ts';` },
  ]);
  assert.deepEqual(complaints, ['Import cycle: src/a.ts → src/b.ts → src/c.ts → src/a.ts']);
});
