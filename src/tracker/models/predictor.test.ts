import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as onnx from '../../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/harness/home.ts';
import { Problem } from '../../shared/api/error.ts';
import { Predictor } from './predictor.ts';

let folder: TemporaryFolder;
let linear: string;

before(() => {
  folder = temporaryFolder('predict');
  linear = write('linear.onnx', onnx.linear());
});
after(() => folder.dispose());

function write(name: string, content: Uint8Array): string {
  const file = path.join(folder.path, name);
  fs.writeFileSync(file, content);
  return file;
}

/** Makes a tensor of as many floats as the input says. */
function bomb(): Uint8Array {
  return onnx.model({
    nodes: [
      onnx.node({ op: 'ConstantOfShape', inputs: ['X'], outputs: ['big'] }),
      onnx.node({ op: 'ReduceSum', inputs: ['big'], outputs: ['Y'] }),
    ],
    inputs: [onnx.value('X', onnx.tensorType('int64', [1]))],
    outputs: [onnx.value('Y', onnx.tensorType('float', [1]))],
  });
}

test('the first prediction loads, the next finds the model warm, and idleness ends the child', async () => {
  const predictor = new Predictor({ idleMs: 50 });
  const input = { instances: [[1, 2, 3]] };
  const first = await predictor.predict(linear, 0, input);
  assert.deepEqual(first.predictions, { Y: [[4.5, 4.5]] });
  assert.ok(first.loadMilliseconds !== undefined && first.milliseconds > 0);
  assert.equal((await predictor.predict(linear, 0, input)).loadMilliseconds, undefined);
  assert.equal(predictor.children, 1);
  while (predictor.children > 0) await sleep(10);
  predictor.forget();
});

test('a wrong input is the sender’s error, with the reason, and the child stays', async () => {
  const predictor = new Predictor();
  await assert.rejects(predictor.predict(linear, 0, { instances: [[1]] }), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(error.status, 400);
    assert.match(error.message, /dimension 1 must be 3/);
    return true;
  });
  assert.equal(predictor.children, 1);
  predictor.forget();
});

test('a model that eats all memory takes its child down at most, and the next request works', async () => {
  const predictor = new Predictor({ memory: 1e9 });
  const file = write('bomb.onnx', bomb());
  assert.deepEqual((await predictor.predict(file, 0, { inputs: [3] })).predictions, { Y: [0] });
  await assert.rejects(predictor.predict(file, 0, { inputs: [20_000_000_000] }), Problem);
  assert.deepEqual((await predictor.predict(file, 0, { inputs: [3] })).predictions, { Y: [0] });
  predictor.forget();
});

test('a model that never answers is ended', async () => {
  const predictor = new Predictor({ timeoutMs: 1 });
  await assert.rejects(predictor.predict(linear, 0, { instances: [[1, 2, 3]] }), /no answer in 0.001 s/);
  predictor.forget();
});

test('a file that is no model is an error, and no child is kept for it', async () => {
  const predictor = new Predictor();
  await assert.rejects(predictor.predict(write('x.onnx', Buffer.from('text')), 0, {}), /cannot be loaded/);
  while (predictor.children > 0) await sleep(10);
});
