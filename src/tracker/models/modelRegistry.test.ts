import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import * as onnx from '../../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/harness/home.ts';
import { type TestContext, testContext } from '../../../test/harness/workspace.ts';
import { Problem } from '../../shared/api/error.ts';
import { listAudit } from '../workspaces/audit.ts';
import { ModelInspector } from './modelInspector.ts';
import { ModelRegistry, type RunLookup } from './modelRegistry.ts';

let folder: TemporaryFolder;
let context: TestContext;
let registry: ModelRegistry;
let outputs: string;

const runs: RunLookup = {
  resolveOutput: (_store, _run, inner) => path.join(outputs, inner),
  describeRun: (_store, run) => ({
    name: `name of ${run}`,
    snapshot: 's1',
    params: { lr: '0.1' },
    metrics: { acc: 0.9 },
  }),
};

before(() => {
  folder = temporaryFolder('registry');
});
after(() => folder.dispose());

beforeEach((t) => {
  const place = path.join(folder.path, String(Math.random()).slice(2));
  outputs = path.join(place, 'outputs');
  fs.mkdirSync(outputs, { recursive: true });
  fs.writeFileSync(path.join(outputs, 'model.onnx'), onnx.linear());
  context = testContext(path.join(place, 'home'));
  registry = new ModelRegistry({ events: context.events, inspector: new ModelInspector(), runs });
  (t as unknown as { after(run: () => void): void }).after?.(() => context.close());
});

const fromRun = { run: 'r1', path: 'model.onnx' };
const fromFile = () => ({ file: path.join(outputs, 'model.onnx') });

function kept(): string[] {
  return fs.readdirSync(context.store.paths.models, { recursive: true, encoding: 'utf8' }).sort();
}

test('a model of a run: next version, copied, hashed, with its lineage and an audit entry', async () => {
  const { store } = context;
  const first = await registry.register(store, { name: 'digits', source: fromRun, tags: { team: 'a' } }, 'client');
  assert.equal(first.version, 1);
  assert.deepEqual(
    [first.run, first.runName, first.snapshot, first.params, first.metrics, first.source, first.tags],
    ['r1', 'name of r1', 's1', { lr: '0.1' }, { acc: 0.9 }, 'model.onnx', { team: 'a' }],
  );
  assert.equal(first.hash, `sha256:${createHash('sha256').update(onnx.linear()).digest('hex')}`);
  const second = await registry.register(store, { name: 'digits', source: fromFile() }, 'client');
  assert.equal(second.version, 2);
  assert.equal(second.run, undefined);
  fs.rmSync(outputs, { recursive: true });
  const { folder: place, entry } = registry.version(store, 'digits', '1');
  assert.deepEqual(fs.readFileSync(path.join(place, entry)), Buffer.from(onnx.linear()));
  assert.deepEqual(
    listAudit(store.db, {}).map((item) => [item.action, item.subject]),
    [
      ['register', 'digits:2'],
      ['register', 'digits:1'],
    ],
  );
  assert.deepEqual(registry.usersOfRun(store, 'r1'), ['model digits:1']);
});

test('sent twice is registered once: by request id, by content within minutes, and side by side', async () => {
  const { store } = context;
  const input = { name: 'm', source: fromRun, requestId: 'q1' };
  const twins = await Promise.all([
    registry.register(store, input, 'client'),
    registry.register(store, input, 'client'),
  ]);
  assert.deepEqual(
    twins.map((one) => one.version),
    [1, 1],
  );
  assert.equal((await registry.register(store, { name: 'm', source: fromFile() }, 'client')).version, 2);
  assert.equal((await registry.register(store, { name: 'm', source: fromFile() }, 'client')).version, 2);
  fs.appendFileSync(path.join(outputs, 'other.pkl'), Buffer.from([0x80, 4, 1]));
  const names = Array.from({ length: 5 }, (_, index) => ({
    name: 'n',
    source: { file: path.join(outputs, 'other.pkl') },
    requestId: `${index}`,
  }));
  const many = await Promise.all(names.map((one) => registry.register(store, one, 'client')));
  assert.deepEqual(many.map((one) => one.version).sort(), [1, 2, 3, 4, 5]);
  assert.ok(kept().every((name) => !name.startsWith('.incoming')));
});

test('what is refused changes nothing', async () => {
  const { store } = context;
  fs.writeFileSync(path.join(outputs, 'bad.onnx'), 'text');
  const bad = { file: path.join(outputs, 'bad.onnx') };
  await assert.rejects(registry.register(store, { name: 'm', source: bad }, 'client'), /not an ONNX model/);
  await assert.rejects(
    registry.register(store, { name: 'm', source: { file: 'relative.onnx' } }, 'client'),
    /not an absolute path/,
  );
  await assert.rejects(
    registry.register(store, { name: 'm', source: fromFile() }, 'client', AbortSignal.abort()),
    /ancelled/,
  );
  assert.deepEqual(registry.list(store), []);
  assert.deepEqual(kept(), []);
  assert.deepEqual(listAudit(store.db, {}), []);
});

test('versions are found by number, latest and alias; aliases follow deletion and keep their numbers', async () => {
  const { store } = context;
  for (const requestId of ['1', '2', '3'])
    await registry.register(store, { name: 'm', source: fromRun, requestId }, 'client');
  await registry.update(
    store,
    'm',
    { aliases: { champion: 2, old: 1 }, tags: { a: '1', b: '2' }, note: 'words' },
    'client',
  );
  const model = await registry.update(store, 'm', { aliases: { old: 0 }, tags: { a: '' }, name: 'renamed' }, 'client');
  assert.deepEqual(
    [model.name, model.aliases, model.tags, model.note, model.latestVersion],
    ['renamed', { champion: 2 }, { b: '2' }, 'words', 3],
  );
  assert.equal(registry.version(store, 'renamed', 'champion').info.version, 2);
  assert.equal(registry.version(store, 'renamed', 'latest').info.version, 3);
  await registry.deleteVersion(store, 'renamed', '3', 'client');
  await registry.deleteVersion(store, 'renamed', 'champion', 'client');
  assert.deepEqual(registry.get(store, 'renamed').aliases, {});
  const next = await registry.register(store, { name: 'renamed', source: fromRun, requestId: '4' }, 'client');
  assert.equal(next.version, 4, 'a number is never given twice');
  for (const wrong of ['9', 'nobody', '1x'])
    assert.throws(() => registry.version(store, 'renamed', wrong), /has no version/);
  await assert.rejects(registry.update(store, 'renamed', { aliases: { latest: 1 } }, 'client'), /cannot be an alias/);
  await assert.rejects(registry.update(store, 'renamed', { aliases: { x: 77 } }, 'client'), /has no version/);
  await registry.register(store, { name: 'other', source: fromRun }, 'client');
  await assert.rejects(registry.update(store, 'other', { name: 'renamed' }, 'client'), /already/);
});

test('what an image or a deployment uses cannot be deleted, and the refusal names it', async () => {
  const { store } = context;
  await registry.register(store, { name: 'm', source: fromRun }, 'client');
  const { modelId } = registry.version(store, 'm', '1');
  store.db.prepare("INSERT INTO image VALUES ('trainyard/m:1', 'e', 'sha256:1', ?, 1, 'node', 1, 1)").run(modelId);
  const isNamed = (error: unknown) =>
    error instanceof Problem && error.code === 'in-use' && /in use by image trainyard\/m:1/.test(error.message);
  await assert.rejects(registry.deleteVersion(store, 'm', '1', 'client'), isNamed);
  await assert.rejects(registry.delete(store, 'm', 'client'), isNamed);
  assert.deepEqual(registry.get(store, 'm').versions[0]?.usedBy, ['image trainyard/m:1']);
  assert.ok(fs.existsSync(registry.version(store, 'm', '1').folder));
  store.db.prepare('DELETE FROM image').run();
  await registry.delete(store, 'm', 'client');
  assert.deepEqual(kept(), []);
});

test('the files of a version stay inside it', async () => {
  const { store } = context;
  fs.mkdirSync(path.join(outputs, 'ml'));
  fs.writeFileSync(path.join(outputs, 'ml/model.onnx'), onnx.linear());
  fs.writeFileSync(path.join(outputs, 'ml/card.md'), 'words');
  await registry.register(store, { name: 'm', source: { run: 'r1', path: 'ml' } }, 'client');
  const { modelId, info } = registry.version(store, 'm', '1');
  assert.equal(info.files, 2);
  const files = registry.files(store);
  assert.equal(fs.readFileSync(files.file(modelId, 1, 'card.md'), 'utf8'), 'words');
  for (const trick of ['../1/card.md', '..\\card.md', '/etc/passwd', 'a/../../x', '', 'x\0y', './../card.md']) {
    assert.throws(() => files.file(modelId, 1, trick), /not a path inside|has no file/, trick);
  }
  assert.throws(() => files.file(modelId, 1, '%2e%2e/card.md'), /has no file/);
});

test('litter of killed registrations and deletions goes at the next start, and nothing else', async () => {
  const { store } = context;
  await registry.register(store, { name: 'm', source: fromRun }, 'client');
  const before = kept();
  const { modelId } = registry.version(store, 'm', '1');
  fs.mkdirSync(path.join(store.paths.models, '.incoming-x'));
  fs.mkdirSync(path.join(store.paths.models, modelId, '2'));
  fs.mkdirSync(path.join(store.paths.models, 'nobody', '1'), { recursive: true });
  registry.sweep(store);
  assert.deepEqual(kept(), before);
});
