import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findLogCalls } from './logCalls.ts';

const keys = (text: string) => findLogCalls(text).map((call) => call.keys);

test('finds the usual spellings', () => {
  const spellings: [string, string[]][] = [
    ['import trainyard\ntrainyard.log(step=1, loss=l, acc=a)', ['loss', 'acc']],
    ['import trainyard\ntrainyard.log({"loss": l, "val": {"acc": a}}, step=3)', ['loss', 'val/acc']],
    ['import trainyard\ntrainyard.log("loss", l, step=3)', ['loss']],
    ['import trainyard as ty\nty.log(loss=l)', ['loss']],
    ['import os, trainyard as t, sys\nt.log(loss=l)', ['loss']],
    ['from trainyard import log\nlog(loss=l)', ['loss']],
    ['from trainyard import (\n  params,\n  log as record,\n)\nrecord(loss=l)', ['loss']],
    [
      'import trainyard\ntrainyard.log(\n  step=epoch,\n  # loss, not old=loss\n  loss=f(x, y=2)[0],\n  acc={"a": 1}["a"],\n)',
      ['loss', 'acc'],
    ],
    ['import trainyard\ntrainyard.log(dict(loss=1, acc=2), step=1)', ['loss', 'acc']],
    ['import trainyard\ntrainyard.log(**{"loss": 1})', ['loss']],
    ["import trainyard\ntrainyard.log(r'val/loss', x)", ['val/loss']],
  ];
  for (const [text, expected] of spellings) assert.deepEqual(keys(text), [expected], text);
});

test('knows no name that only running would tell', () => {
  const nothing = [
    'import trainyard\ntrainyard.log(metrics)',
    'import trainyard\ntrainyard.log(**metrics)',
    'import trainyard\ntrainyard.log(f"loss/{fold}", x)',
    'import trainyard\ntrainyard.log(name, x)',
    'import trainyard\n# trainyard.log(loss=1)',
    'import trainyard\ns = "trainyard.log(loss=1)"',
    'import trainyard\nx = """\ntrainyard.log(loss=1)\n"""',
    'import trainyard\nfold.trainyard.log(loss=1)',
    'import math\nmath.log(base=2)  # no trainyard',
    'import trainyard\nlogger.log(loss=1)',
  ];
  for (const text of nothing) assert.deepEqual(keys(text), [], text);
});

test('says where a call begins and ends, over several lines', () => {
  const text = 'import trainyard\nfor i in x:\n    trainyard.log(\n        loss=1,\n    )\n';
  const [call] = findLogCalls(text);
  assert.equal(text.slice(call?.offset, call?.end), 'trainyard.log(\n        loss=1,\n    )');
});

test('half-written source gives what it has', () => {
  assert.deepEqual(keys('import trainyard\ntrainyard.log(loss=1, acc'), [['loss']]);
  assert.deepEqual(keys('import trainyard\ntrainyard.log("lo'), []);
});

test('no text makes it fail', () => {
  const piece = fc.constantFrom(
    'import trainyard\n',
    'trainyard.log(',
    'loss=1',
    ',',
    ')',
    '"',
    "'''",
    '{',
    '}',
    '\n',
    '#',
    'f"',
    '\\',
    ' as ',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      (pieces) => void findLogCalls(`import trainyard\n${pieces.join('')}`),
    ),
  );
});
