import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHelperLines } from './helperRecords.ts';

const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
const everything = `
import trainyard
open("m.onnx", "w").write("m")
with trainyard.child("fold \\U0001f600") as fold:
    trainyard.log(step=-1, loss=float("nan"), acc=0.5)
trainyard.params(lr=float("inf"), name="x", none=None, flag=True, layers=[1, 2])
trainyard.tags(stage=1)
trainyard.artifact("m.onnx", name="weird: name/../\\\\x")
trainyard.model("m.onnx", name="m")
trainyard.dataset("m.onnx"); trainyard.dataset("."); trainyard.dataset("s3://bucket/key")
trainyard.image("i", [[0, 1]]); trainyard.table("t", [[1]]); trainyard.text("x", "y"); trainyard.histogram("h", [1, 2])
`;

test('whatever the Python helper writes is read here without a problem', { skip: !python && 'no Python' }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-helper-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const env = {
    PATH: process.env.PATH,
    PYTHONPATH: join(import.meta.dirname, '../../python'),
    PYTHONDONTWRITEBYTECODE: '1',
    TRAINYARD_RUN_DIR: folder,
    TRAINYARD_RUN_ID: 'run-1',
  };
  const done = execFileSync(python ?? '', ['-c', everything], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
  assert.equal(done, '');
  const [file, ...others] = readdirSync(join(folder, 'metrics'));
  assert.deepEqual(others, []);
  const bytes = readFileSync(join(folder, 'metrics', file ?? ''));
  const { records, problems, consumed } = readHelperLines(bytes);
  assert.deepEqual(problems, []);
  assert.equal(consumed, bytes.length);
  assert.deepEqual(
    records.map((record) => record.seq),
    records.map((_, index) => index),
  );
  const kinds = 'header child metrics child-end params tags artifact model dataset dataset dataset';
  assert.deepEqual(
    records.map((record) => record.t),
    [...kinds.split(' '), 'image', 'table', 'text', 'histogram'],
  );
  for (const record of records) {
    if ('path' in record && record.t !== 'dataset') assert.ok(existsSync(join(folder, record.path)), record.path);
  }
});
