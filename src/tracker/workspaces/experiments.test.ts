import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { eventsUntil, startTracker } from '../../../test/harness/tracker.ts';
import { Problem } from '../../shared/api/error.ts';

test('experiments are listed, changed, deleted with their runs and restored, each with its entry in the trail', async () => {
  await using tracker = await startTracker();
  const { client } = tracker;
  await tracker.stop();
  const db = new Database(path.join(tracker.home, 'workspaces', 'main', 'workspace.db'));
  const experiment = db.prepare('INSERT INTO experiment (id, name, created_at, updated_at) VALUES (?, ?, 1, 1)');
  const run = db.prepare(
    `INSERT INTO run (id, experiment, name, state, created_at, target, deleted_at) VALUES (?, ?, ?, ?, ?, 'this machine', ?)`,
  );
  experiment.run(1, 'old');
  experiment.run(2, 'new');
  run.run('a', 1, 'a', 'finished', 100, null);
  run.run('b', 1, 'b', 'failed', 200, null);
  run.run('c', 1, 'c', 'failed', 300, Date.now() - 1000);
  run.run('d', 2, 'd', 'finished', 900, null);
  db.close();
  await tracker.restart();

  const main = { workspace: 'main' };
  const params = { workspace: 'main', experiment: '1' };
  const list = async (deleted = false) =>
    (await client.call('experiments.list', { params: main, query: { deleted } })).experiments;
  assert.deepEqual(
    (await list()).map(({ name, runs, lastRunAt }) => [name, runs, lastRunAt]),
    [
      ['new', 1, 900],
      ['old', 2, 200],
    ],
  );

  await assert.rejects(
    client.call('experiments.update', { params, body: { name: 'new' } }),
    (error) => error instanceof Problem && error.code === 'conflict' && /already/.test(error.message),
  );
  const changed = await client.call('experiments.update', {
    params,
    body: { name: 'older', note: 'a note', tags: { a: '1', b: '2' } },
  });
  assert.deepEqual([changed.name, changed.note, changed.tags], ['older', 'a note', { a: '1', b: '2' }]);
  const less = await client.call('experiments.update', { params, body: { note: '', tags: { a: '' } } });
  assert.deepEqual([less.note, less.tags], [undefined, { b: '2' }]);

  const events = await eventsUntil(
    client,
    (event) => event.type === 'experiments',
    () => client.call('experiments.delete', { params }),
  );
  assert.deepEqual(events.flatMap((event) => (event.type === 'run-removed' ? [event.run] : [])).sort(), ['a', 'b']);
  assert.deepEqual(
    (await list()).map(({ name }) => name),
    ['new'],
  );
  assert.deepEqual(
    (await list(true)).map(({ name, runs }) => [name, runs]),
    [['older', 2]],
  );
  const restored = await client.call('experiments.restore', { params });
  assert.equal(restored.runs, 2, 'the run that was deleted before stays deleted');

  const { entries } = await client.call('audit.list', { params: main, query: { limit: 5 } });
  assert.deepEqual(
    entries.map(({ actor, action, kind, subject }) => [actor, action, kind, subject]),
    [
      ['client', 'restore', 'experiment', '1'],
      ['client', 'delete', 'experiment', '1'],
      ['client', 'update', 'experiment', '1'],
      ['client', 'update', 'experiment', '1'],
      ['client', 'rename', 'experiment', '1'],
    ],
  );
  const older = await client.call('audit.list', { params: main, query: { before: entries[4]?.id ?? 0 } });
  assert.deepEqual(older.entries, []);

  await tracker.stop();
  const again = new Database(path.join(tracker.home, 'workspaces', 'main', 'workspace.db'));
  assert.throws(() => again.exec('DELETE FROM audit'), /append-only/);
  assert.throws(() => again.exec(`UPDATE audit SET actor = 'nobody'`), /append-only/);
  again.close();
});
