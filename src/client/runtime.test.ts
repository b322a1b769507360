import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/home.ts';
import { runtimeFiles } from './runtime.ts';
import { submitterVariables, trackerEnvironment } from './trackerEnvironment.ts';

test('the copy of the program holds the bundles and this platform’s libraries, nothing of the editor', async () => {
  await using folder = temporaryFolder('runtime');
  const files = [
    'package.json',
    'README.md',
    'dist/tracker.cjs',
    'dist/tracker.cjs.map',
    'dist/extension.cjs',
    'dist/webview/run.js',
    'dist/children/predict.cjs',
    'dist/python/trainyard.py',
    'node_modules/better-sqlite3/package.json',
    'node_modules/better-sqlite3/lib/methods/backup.js',
    'node_modules/better-sqlite3/prebuilds/linux-x64.node',
    'node_modules/better-sqlite3/prebuilds/linux-arm64.node',
    'node_modules/onnxruntime-node/package.json',
    'node_modules/onnxruntime-node/dist/index.js',
    'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
    'node_modules/onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib',
    'node_modules/onnxruntime-common/package.json',
    'node_modules/onnxruntime-common/dist/cjs/index.js',
    'node_modules/onnxruntime-common/dist/cjs/package.json',
    'node_modules/onnxruntime-common/dist/esm/index.js',
  ];
  for (const file of files) {
    fs.mkdirSync(path.join(folder.path, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(folder.path, file), file);
  }
  const left = new Set(files);
  for (const file of runtimeFiles(folder.path, 'linux', 'x64')) assert.ok(left.delete(file), file);
  assert.deepEqual([...left].sort(), [
    'README.md',
    'dist/extension.cjs',
    'dist/tracker.cjs.map',
    'dist/webview/run.js',
    'node_modules/better-sqlite3/prebuilds/linux-arm64.node',
    'node_modules/onnxruntime-common/dist/esm/index.js',
    'node_modules/onnxruntime-node/bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib',
  ]);
});

test('what belongs to the editor, to Node or to another run does not leak into tracker and runs', () => {
  const env = {
    PATH: '/bin',
    VSCODE_PID: '1',
    ELECTRON_RUN_AS_NODE: '1',
    NODE_OPTIONS: '--inspect',
    npm_config_x: '1',
    TRAINYARD_RUN_ID: 'r',
    TRAINYARD_TOKEN: 't',
    TRAINYARD_HOME: '/h',
    MY_SECRET: 's',
  };
  assert.deepEqual(trackerEnvironment(env), {
    PATH: '/bin',
    TRAINYARD_HOME: '/h',
    MY_SECRET: 's',
    ELECTRON_RUN_AS_NODE: '1',
  });
  assert.deepEqual(submitterVariables(env), { PATH: '/bin', TRAINYARD_HOME: '/h', MY_SECRET: 's' });
});
