import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { eventsUntil, startTracker } from '../../../test/harness/tracker.ts';
import { Problem } from '../../shared/api/error.ts';

const refusal = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Problem);
  assert.equal(error.code, code);
  assert.match(`${error.message} ${error.hint ?? ''} ${error.details?.join(' ') ?? ''}`, words);
  return true;
};

describe('workspaces over the API', () => {
  test('a home starts with one, which is the default; more can be made, renamed, made the default, deleted', async () => {
    await using tracker = await startTracker();
    const { client } = tracker;
    const first = (await client.call('workspaces.list', {})).workspaces;
    assert.deepEqual(
      first.map(({ id, name, isDefault }) => ({ id, name, isDefault })),
      [{ id: 'main', name: 'Main', isDefault: true }],
    );

    const made = await client.call('workspaces.create', { body: { name: 'Été 2026' } });
    assert.equal(made.id, 'ete-2026');
    await assert.rejects(
      client.call('workspaces.create', { body: { name: 'Été 2026' } }),
      refusal('conflict', /already/),
    );
    const renamed = await client.call('workspaces.update', {
      params: { workspace: made.id },
      body: { name: 'Summer', isDefault: true },
    });
    assert.deepEqual([renamed.name, renamed.isDefault], ['Summer', true]);
    const contents = await client.call('workspaces.contents', { params: { workspace: 'default' } });
    assert.equal(contents.runs, 0);
    assert.ok(contents.bytes > 0);

    await assert.rejects(
      client.call('workspaces.delete', { params: { workspace: 'main' }, query: { confirm: 'main' } }),
      refusal('invalid', /must be the name of the workspace, Main/),
    );
    await assert.rejects(
      client.call('workspaces.delete', { params: { workspace: made.id }, query: { confirm: 'Summer' } }),
      refusal('in-use', /default workspace.*another/),
    );
    const { directory } = first[0] ?? assert.fail();
    assert.ok(fs.existsSync(directory));
    await eventsUntil(
      client,
      (event) => event.type === 'workspaces',
      () => client.call('workspaces.delete', { params: { workspace: 'main' }, query: { confirm: 'Main' } }),
    );
    assert.ok(!fs.existsSync(directory));
    await assert.rejects(
      client.call('workspaces.contents', { params: { workspace: 'main' } }),
      refusal('not-found', /No workspace main/),
    );

    await tracker.kill();
    await tracker.restart();
    const left = (await client.call('workspaces.list', {})).workspaces;
    assert.deepEqual(
      left.map(({ name, isDefault }) => ({ name, isDefault })),
      [{ name: 'Summer', isDefault: true }],
    );
  });
});
