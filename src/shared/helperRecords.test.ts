import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_LINE_BYTES, parseHelperLine, readHelperLines, toNumber } from './helperRecords.ts';

const metrics = (seq: number, values: Record<string, unknown> = { loss: 0.5 }) =>
  JSON.stringify({ t: 'metrics', seq, time: 1_700_000_000_000, step: seq, values });
const bytes = (text: string) => new TextEncoder().encode(text);

test('a torn last line is left, and read whole the next time', () => {
  const text = `${metrics(0)}\n${metrics(1)}\n`;
  for (let cut = 0; cut <= text.length; cut++) {
    const first = readHelperLines(bytes(text.slice(0, cut)));
    const second = readHelperLines(bytes(text.slice(first.consumed)));
    assert.deepEqual(
      [...first.records, ...second.records].map((record) => record.seq),
      [0, 1],
    );
    assert.equal(first.problems.length + second.problems.length, 0);
  }
});

test('bad lines are counted with their place and do not stop the rest', () => {
  const bad = ['garbage', '[]', '{}', '{"t":"metrics"}', '{"t":"from the future","seq":1}', metrics(3, { a: 'nan' })];
  const text = `${bad.join('\n')}\n\n${metrics(7)}\n`;
  const result = readHelperLines(bytes(text), 100);
  assert.equal(result.problems.length, bad.length);
  assert.equal(result.problems[1]?.offset, 100 + 'garbage\n'.length);
  assert.deepEqual(
    result.records.map((record) => record.seq),
    [7],
  );
  assert.equal(result.consumed, text.length);
});

test('numbers that are not finite come back as themselves', () => {
  const record = parseHelperLine(metrics(0, { a: 'NaN', b: '-Infinity', c: 'Infinity', d: 1e-300 }));
  assert.ok(typeof record !== 'string' && record.t === 'metrics');
  assert.deepEqual(Object.values(record.values).map(toNumber), [Number.NaN, -Infinity, Infinity, 1e-300]);
});

test('paths out of the run directory are refused', () => {
  const model = (path: string) =>
    parseHelperLine(JSON.stringify({ t: 'model', seq: 1, time: 1, name: 'm', source: '', path }));
  for (const path of ['../x', '/etc/passwd', 'a/../../b', 'C:/x', 'a\\..\\b', '..', 'a/..', '', 'a\0b']) {
    assert.equal(typeof model(path), 'string', path);
  }
  for (const path of ['outputs/model.onnx', 'outputs/..a/b..', 'outputs/\u{1f600} x']) {
    assert.equal(typeof model(path), 'object', path);
  }
});

test('a newer file and an endless line say so', () => {
  assert.match(String(parseHelperLine('{"t":"header","v":9,"seq":0}')), /version 9/);
  const endless = readHelperLines(new Uint8Array(MAX_LINE_BYTES + 1).fill(0x61));
  assert.equal(endless.problems.length, 1);
  assert.equal(endless.consumed, MAX_LINE_BYTES + 1);
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.json(), (noise, json) => {
      const result = readHelperLines(Buffer.concat([noise, bytes(`\n${json}\n`)]));
      assert.ok(result.consumed > noise.length);
    }),
  );
});
