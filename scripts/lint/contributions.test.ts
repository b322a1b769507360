import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareContributions, usedContextKeys } from './contributions.ts';

const manifest = {
  contributes: {
    commands: [{ command: 'trainyard.train', title: 'Train', enablement: 'trainyard.ready && !trainyard.busy' }],
    configuration: { properties: { 'trainyard.inlineMetrics': {} } },
    views: { trainyard: [{ id: 'trainyard.runs', name: 'Runs', when: 'workspaceFolderCount > 0' }] },
    menus: {
      'view/title': [
        { command: 'trainyard.train', when: 'view == trainyard.runs && resourceExtname in trainyard.scripts' },
      ],
    },
    viewsWelcome: [{ view: 'trainyard.runs', contents: '[Train](command:trainyard.train)' }],
  },
};
const typed = {
  commands: { 'trainyard.train': {} },
  settings: { 'trainyard.inlineMetrics': {} },
  views: { 'trainyard.runs': {} },
  contextKeys: { 'trainyard.ready': {}, 'trainyard.busy': {}, 'trainyard.scripts': {} },
};

test('equal contributions pass', () => {
  assert.deepEqual(compareContributions(manifest, typed), []);
});

test('a contribution forgotten on either side is named', () => {
  for (const part of ['commands', 'settings', 'views', 'contextKeys'] as const) {
    const extra = compareContributions(manifest, { ...typed, [part]: { ...typed[part], 'trainyard.extra': {} } });
    assert.match(extra.join(), /trainyard\.extra is in src\/editor\/contributions\.ts but not in package\.json/);
    const lacking = compareContributions(manifest, { ...typed, [part]: {} });
    assert.match(lacking.join(), /is in package\.json but not in/);
  }
});

test('menus, keys and empty views may only name commands that exist', () => {
  const menus = { 'view/title': [{ command: 'trainyard.gone' }, { command: 'workbench.action.reload' }] };
  const complaints = compareContributions({ contributes: { ...manifest.contributes, menus } }, typed);
  assert.match(complaints.join(), /the menu view\/title names the command trainyard\.gone/);
  assert.doesNotMatch(complaints.join(), /workbench/);
});

test('context keys are told from values and settings in when-clauses', () => {
  const when = (clause: string) => usedContextKeys({ menus: { a: [{ when: clause }] } });
  assert.deepEqual(when('view == trainyard.runs && viewItem =~ /run/'), []);
  assert.deepEqual(when('config.trainyard.inlineMetrics'), []);
  assert.deepEqual(when('!(trainyard.a || trainyard.b == 2) && resource not in trainyard.c'), [
    'trainyard.a',
    'trainyard.b',
    'trainyard.c',
  ]);
});
