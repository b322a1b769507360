import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { curlCommand, exampleInputs } from '../commands/curl.ts';
import { escapeMarkdown, inert, markdownTable, oneLine } from './itemText.ts';
import { deploymentItem, experimentItem, modelItem } from './otherItems.ts';
import { runItem, scriptName } from './runItem.ts';

const now = Date.UTC(2026, 0, 1, 12);
const run: RunSummary = {
  id: 'r1',
  workspace: 'main',
  name: 'brave-otter',
  experiment: { id: 'e1', name: 'digits' },
  children: 0,
  attempt: 1,
  state: 'finished',
  createdAt: now - 900_000,
  startedAt: now - 880_000,
  endedAt: now - 840_000,
  target: 'this machine',
  folder: '/home/ada/digits',
  script: '/home/ada/digits/src/train.py',
  headline: { key: 'acc', value: 0.98134, direction: 'max', best: true },
  star: false,
  tags: {},
};
const hostile = 'a\n# b [x](command:rm) <img src=x> $(trash) **b** `c` \u202e|';

test('a message of others holds no link: the editor follows even commands in them', () => {
  // How the editor finds links in messages (its linkedText).
  const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
  const text = 'ValueError: [x](command:workbench.action.quit) [y](https://a.example "t")';
  assert.match(text, link);
  assert.doesNotMatch(inert(text), link);
  assert.doesNotMatch(oneLine(text), link);
  assert.equal(inert('a[0](1)'), 'a[0]\u200a(1)');
});

test('names in the first column of a table are inert too', () => {
  assert.doesNotMatch(markdownTable([['![x](https://a.example/y.png)', '1']]), /!\[/);
  const shown = runItem(
    { ...run, headline: { key: '![x](https://a.example)', value: 1, direction: 'max', best: false } },
    { now },
  );
  assert.doesNotMatch(shown.tooltip ?? '', /!\[x\]/);
});

test('a run says state, name, metric with direction, and age', () => {
  const item = runItem(run, { now });
  assert.equal(item.label, 'brave-otter');
  assert.equal(item.description, 'acc 0.9813 ↑ best   14 m');
  assert.equal(item.icon, 'pass');
  assert.equal(item.context, 'run ended finished local');
  assert.equal(item.expandable, undefined);
  assert.equal(runItem({ ...run, children: 2, star: true }, { now }).label, '★ brave-otter');
  assert.equal(runItem({ ...run, children: 2 }, { now }).expandable, 'collapsed');
});

test('states differ in shape, and only a running run moves', () => {
  const states = ['queued', 'preparing', 'running', 'finished', 'failed', 'cancelled', 'unknown'] as const;
  const icons = states.map((state) => runItem({ ...run, state }, { now }).icon);
  assert.equal(new Set(icons).size, states.length);
  assert.deepEqual(
    icons.filter((icon) => icon.endsWith('~spin')),
    [icons[2]],
  );
});

test('what a run does, or why it failed, stands beside its name', () => {
  const { headline: _, endedAt: __, ...bare } = run;
  const failed = { reason: 'exit', exitCode: 1, message: 'exit 1 · ValueError' } as const;
  const text = (more: Partial<RunSummary>) => runItem({ ...bare, ...more }, { now }).description;
  assert.equal(text({ state: 'failed', end: failed, endedAt: now - 60_000 }), 'exit 1 · ValueError   1 m');
  assert.equal(text({ state: 'preparing', activity: 'building environment 3/7' }), 'building environment 3/7   15 m');
  assert.equal(
    runItem({ ...bare, state: 'running' }, { now, metric: (key) => (key === 'epoch' ? 7 : undefined) }).description,
    'epoch 7   14 m',
  );
});

test('names of others are inert in labels and in Markdown', () => {
  assert.ok(!/[\n\u202e]/.test(oneLine(hostile)) && !oneLine(hostile).includes('$('));
  const item = runItem({ ...run, name: hostile, note: hostile, tags: { [hostile]: hostile } }, { now });
  for (const piece of ['](command', '<img', '**b**', '`c`', '\u202e']) assert.ok(!item.tooltip?.includes(piece), piece);
  assert.equal(escapeMarkdown('a|b\nc'), 'a&#124;b c');
  assert.equal(
    markdownTable([
      ['a', undefined],
      ['b', 'x|y'],
    ]),
    '| | |\n|:--|:--|\n| b | x&#124;y |',
  );
});

test('the script goes by its path inside the folder', () => {
  assert.equal(scriptName(run), 'src/train.py');
  assert.equal(scriptName({ folder: '/a/digits', script: '/a/digits-2/x.py' }), '/a/digits-2/x.py');
  assert.equal(scriptName({ folder: 'C:\\ada', script: 'C:\\ada\\src\\train.py' }), 'src/train.py');
});

test('models, experiments and deployments', () => {
  const model = {
    name: 'digits',
    createdAt: now,
    updatedAt: now,
    tags: {},
    aliases: { production: 4 },
    latestVersion: 5,
    versions: [],
  };
  assert.equal(modelItem(model).description, 'v5   v4 ← production');
  const experiment = {
    id: 'e',
    name: 'digits',
    createdAt: now,
    runs: 128,
    activeRuns: 1,
    tags: {},
    lastRunAt: now - 60_000,
  };
  assert.equal(experimentItem(experiment, now).description, '128 runs   1 running   1 m');
  const deployment: Deployment = {
    ...{ id: 'd', name: 'digits-api', model: 'digits', version: 4, port: 41207 },
    ...{ createdAt: now, updatedAt: now, limits: {} },
    kind: 'docker',
    state: 'healthy',
    restart: 'no',
  };
  assert.equal(deploymentItem(deployment).description, 'digits v4   healthy   :41207');
  assert.equal(deploymentItem({ ...deployment, state: 'stopped' }).context, 'deployment down');
});

test('a request as curl runs as it is pasted', () => {
  const inputs = [{ name: "it's", type: 'float32', shape: ['N', 2] }];
  assert.deepEqual(exampleInputs(inputs), [[0, 0]]);
  assert.deepEqual(exampleInputs([...inputs, { name: 'b', type: 'string', shape: [] }]), { "it's": [[0, 0]], b: '' });
  const command = curlCommand({
    url: 'http://127.0.0.1:1',
    signature: { inputs: [...inputs, { name: 'b', type: 'bool', shape: [] }], outputs: [] },
  });
  assert.ok(command.includes(`-d '{"inputs":{"it'\\''s":[[0,0]],"b":false}}'`), command);
});
