import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import * as onnx from '../../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/harness/home.ts';
import { Problem } from '../../shared/api/error.ts';
import { readOnnx } from './inspect/onnxProto.ts';
import { surveyModel } from './inspect/survey.ts';
import { ModelInspector } from './modelInspector.ts';

const inspector = new ModelInspector();
let folder: TemporaryFolder;

before(() => {
  folder = temporaryFolder('inspect');
});
after(() => folder.dispose());

function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder.path, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
  return file;
}

async function refused(source: string, message: RegExp, code = 'invalid-model'): Promise<void> {
  await assert.rejects(inspector.inspect(source), (error) => {
    assert.ok(error instanceof Problem, String(error));
    assert.match(error.message, message);
    assert.equal(error.code, code, error.message);
    assert.ok(error.hint, 'a hint');
    return true;
  });
}

test('an ONNX file: signature, opset, producer, size', async () => {
  const file = write('linear.onnx', onnx.linear());
  assert.deepEqual(await inspector.inspect(file), {
    format: 'onnx',
    bytes: fs.statSync(file).size,
    files: 1,
    signature: {
      inputs: [{ name: 'X', type: 'float32', shape: ['N', 3] }],
      outputs: [{ name: 'Y', type: 'float32', shape: ['N', 2] }],
    },
    onnx: {
      irVersion: 8,
      producer: 'trainyard-test',
      opsets: [{ domain: 'ai.onnx', version: 13 }],
      externalData: [],
      nodes: 2,
    },
  });
});

test('weights beside the model belong to it', async () => {
  write('beside/data/w.bin', onnx.linearWeights);
  const file = write(
    'beside/model.onnx',
    onnx.linear({ external: { location: 'data/w.bin', offset: '0', length: '24' } }),
  );
  const found = await inspector.inspect(file);
  assert.deepEqual([found.files, found.onnx?.externalData, found.limitation], [2, ['data/w.bin'], undefined]);
  assert.deepEqual((await inspector.survey(file)).files, ['model.onnx', 'data/w.bin']);
});

test('weights outside the folder of the model are refused, however they are named', async () => {
  write('secret.bin', onnx.linearWeights);
  fs.mkdirSync(path.join(folder.path, 'inner/sub'), { recursive: true });
  fs.symlinkSync('../secret.bin', path.join(folder.path, 'inner/link.bin'));
  fs.symlinkSync('..', path.join(folder.path, 'inner/up'));
  const outside = [
    '../secret.bin',
    path.join(folder.path, 'secret.bin'),
    'sub/../../secret.bin',
    '..\\secret.bin',
    'C:\\x',
    '',
  ];
  for (const location of [...outside, 'a\0b']) {
    await refused(write('inner/m.onnx', onnx.linear({ external: { location } })), /outside its folder/);
  }
  for (const location of ['link.bin', 'up/secret.bin']) {
    await refused(write('inner/m.onnx', onnx.linear({ external: { location } })), /a link that leads outside/);
  }
  await refused(write('inner/m.onnx', onnx.linear({ external: { location: 'none.bin' } })), /"none.bin" .*is missing/);
  await refused(write('inner/m.onnx', onnx.linear({ external: { location: 'sub' } })), /no file/);
  write('inner/short.bin', 'abc');
  await refused(write('inner/m.onnx', onnx.linear({ external: { location: 'short.bin' } })), /needs 24 bytes .*has 3/);
});

test('what is no model, or half of one, is refused', async () => {
  await refused(write('text.onnx', 'hello, this is a text\n'), /not an ONNX model/);
  await refused(write('empty.onnx', ''), /is empty/);
  await refused(write('cut.onnx', onnx.linear().subarray(0, 100)), /cut short or damaged/);
  await refused(write('notes.txt', 'Learning rate 0.1\n'), /not what its name says/);
  await refused(write('notes.md', 'Learning rate 0.1\n'), /not a model that Trainyard knows/);
  await refused(write('fake.pkl', 'not a pickle'), /not what its name says/);
  await assert.rejects(inspector.inspect(path.join(folder.path, 'absent.onnx')), /There is no file/);
});

test('a newer opset or IR version is named with what is supported', async () => {
  await refused(
    write('opset.onnx', onnx.linear({ opset: 99 })),
    /opset 99 .*; opset \d+ is the newest/,
    'unsupported-opset',
  );
  await refused(write('ir.onnx', onnx.linear({ ir: 99 })), /IR version 99; \d+ is the newest/, 'unsupported-opset');
});

test('absurd dimensions are refused before any session', async () => {
  const huge = (dims: (number | bigint)[]) =>
    onnx.model({
      nodes: [onnx.node({ op: 'Add', inputs: ['X', 'W'], outputs: ['Y'] })],
      initializers: [onnx.tensor({ name: 'W', dims, raw: onnx.floats(1) })],
      inputs: [onnx.value('X', onnx.tensorType('float', [1]))],
      outputs: [onnx.value('Y', onnx.tensorType('float', [1]))],
    });
  await refused(write('huge.onnx', huge([2n ** 40n, 2n ** 40n])), /"W" claims \d+ bytes .*whole file has/);
  await refused(write('negative.onnx', huge([-1])), /negative dimension/);
  await refused(write('wrong.onnx', huge([3])), /should have 12 bytes and has 4/);
  const wide = onnx.model({
    nodes: [onnx.node({ op: 'Identity', inputs: ['X'], outputs: ['Y'] })],
    inputs: [onnx.value('X', onnx.tensorType('float', [2 ** 50]))],
    outputs: [onnx.value('Y', onnx.tensorType('float', [1]))],
  });
  await refused(write('wide.onnx', wide), /shape of "X" is absurd/);
});

test('a look that takes too long, or more memory than it may, ends its child and not this process', async () => {
  const file = write('linear.onnx', onnx.linear());
  await assert.rejects(new ModelInspector({ timeoutMs: 1 }).inspect(file), /took too long/);
  if (process.platform !== 'linux') return;
  await assert.rejects(new ModelInspector({ memory: 60_000_000 }).inspect(file), /more memory than|ended the process/);
});

test('outputs that are no tensors: said when nothing else is left', async () => {
  const inputs = [onnx.value('X', onnx.tensorType('float', ['N', 2]))];
  const zip = onnx.node({
    op: 'ZipMap',
    domain: 'ai.onnx.ml',
    inputs: ['X'],
    outputs: ['prob'],
    attributes: [onnx.attribute('classlabels_int64s', [0, 1])],
  });
  const prob = onnx.value('prob', onnx.zipMapType());
  const only = onnx.model({ nodes: [zip], inputs, outputs: [prob], domains: { 'ai.onnx.ml': 1 } });
  const found = await inspector.inspect(write('zipmap.onnx', only));
  assert.match(found.limitation ?? '', /prob: seq\(map\(int64, float32\)\).*zipmap=False/);
  const label = onnx.node({ op: 'Identity', inputs: ['X'], outputs: ['Y'] });
  const outputs = [onnx.value('Y', onnx.tensorType('float', ['N', 2])), prob];
  const both = onnx.model({ nodes: [label, zip], inputs, outputs, domains: { 'ai.onnx.ml': 1 } });
  assert.equal((await inspector.inspect(write('both.onnx', both))).limitation, undefined);
});

test('other formats are recognised and kept, with a plain word about it', async () => {
  const pickle = write('model.pkl', Buffer.from([0x80, 4, 0x95]));
  const found = await inspector.inspect(pickle);
  assert.equal(found.format, 'pickle');
  assert.match(found.limitation ?? '', /This is a pickle\. .*only ONNX models can be tried and deployed yet/);
  const header = Buffer.from('{"w":{}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  for (const [name, content, format] of [
    ['m.joblib', Buffer.from([0x78, 0x9c, 1]), 'joblib'],
    ['m.pt', Buffer.from('PK\x03\x04rest', 'latin1'), 'pytorch'],
    ['m.safetensors', Buffer.concat([length, header]), 'safetensors'],
    ['m.h5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'hdf5'],
    ['weights', Buffer.from('GGUF\x03\0\0\0', 'latin1'), 'gguf'],
  ] as const) {
    assert.equal((await inspector.inspect(write(name, content))).format, format);
  }
});

test('folders: MLflow with the ONNX flavor, SavedModel, several ONNX files, links out', async () => {
  const flavor = 'flavors:\n  onnx:\n    data: model.onnx\n    onnx_version: 1.16.0\n  python_function:\n    data: x\n';
  write('ml/MLmodel', flavor);
  write('ml/model.onnx', onnx.linear());
  write('ml/requirements.txt', 'onnx\n');
  const found = await inspector.inspect(path.join(folder.path, 'ml'));
  assert.deepEqual([found.format, found.files, found.signature?.inputs[0]?.name], ['onnx', 3, 'X']);
  write('sk/MLmodel', 'flavors:\n  python_function:\n    x: y\n  sklearn:\n    code: null\n');
  assert.match(
    (await inspector.inspect(path.join(folder.path, 'sk'))).limitation ?? '',
    /MLflow model of flavor sklearn/,
  );
  write('tf/saved_model.pb', 'x');
  assert.equal((await inspector.inspect(path.join(folder.path, 'tf'))).format, 'savedmodel');
  write('two/a.onnx', onnx.linear());
  write('two/b.onnx', onnx.linear());
  await refused(path.join(folder.path, 'two'), /several ONNX files: a.onnx, b.onnx/);
  write('out/model.onnx', onnx.linear());
  fs.symlinkSync('/etc/passwd', path.join(folder.path, 'out/p'));
  await refused(path.join(folder.path, 'out'), /"p" in the folder is a link that leads outside/);
});

test('no damage to the bytes makes the reader do anything but refuse or read', () => {
  const good = onnx.linear();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(fc.nat(good.length - 1), fc.nat(255))
      .map(([at, value]) => good.map((byte, index) => (index === at ? value : byte))),
    fc.nat(good.length).map((end) => good.subarray(0, end)),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      const file = write('fuzz.onnx', content);
      try {
        surveyModel(file);
        readOnnx(content);
      } catch (error) {
        assert.ok(error instanceof Problem, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
