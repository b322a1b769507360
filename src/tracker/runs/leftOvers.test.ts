import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { startTracker, type TestTracker } from '../../../test/harness/tracker.ts';
import { ended, submit, train, trainingFolder, until } from './testing.ts';

const of = (run: string) => ({ params: { workspace: 'default', run } });
const inWorkspace = (tracker: TestTracker, ...names: string[]) =>
  path.join(tracker.home, 'workspaces', 'main', ...names);

async function gone(file: string): Promise<void> {
  while (existsSync(file)) await sleep(20);
}

function edit(tracker: TestTracker, sql: string, ...values: unknown[]): void {
  const db = new Database(inWorkspace(tracker, 'workspace.db'));
  db.prepare(sql).run(...values);
  db.close();
}

describe('what a tracker leaves behind when it is killed', () => {
  it('submissions that were never written down are removed; a folder in which something ran is not', async () => {
    await using tracker = await startTracker();
    await tracker.stop();
    for (const name of ['unborn', 'ran']) {
      mkdirSync(inWorkspace(tracker, 'runs', name));
      writeFileSync(inWorkspace(tracker, 'runs', name, 'pending.json'), '{"variables":{"API_KEY":"secret"}}');
    }
    writeFileSync(inWorkspace(tracker, 'runs', 'ran', 'spec.json'), '{}');
    await tracker.restart();
    await gone(inWorkspace(tracker, 'runs', 'unborn'));
    assert.ok(existsSync(inWorkspace(tracker, 'runs', 'ran')));
  });

  it('the submitter’s variables do not outlive the start of a run', async () => {
    await using folder = trainingFolder({ 'a.sh': 'sleep 60\n' });
    await using tracker = await startTracker();
    const { client } = tracker;
    const { id } = await submit(client, { folder: folder.path, configuration: { script: 'a.sh' } });
    await until(client, id, ({ state }) => state === 'running');
    await tracker.stop();
    // As a kill between the start of the wrapper and the next step would leave it.
    edit(tracker, `UPDATE run SET state = 'preparing' WHERE id = ?`, id);
    const pending = inWorkspace(tracker, 'runs', id, 'pending.json');
    writeFileSync(pending, '{"variables":{"API_KEY":"secret"}}');
    await tracker.restart();
    await until(client, id, ({ state }) => state === 'running');
    assert.ok(!existsSync(pending));
    await client.call('runs.cancel', { ...of(id), body: { graceMs: 0 } });
    await ended(client, id);
  });

  it('a run that was deleted long ago takes its snapshot with it, and nobody else’s', async () => {
    await using folder = trainingFolder({ 'a.sh': 'echo one\n' });
    await using tracker = await startTracker();
    const { client } = tracker;
    const body = { folder: folder.path, configuration: { script: 'a.sh' } };
    const old = await train(client, body);
    writeFileSync(path.join(folder.path, 'a.sh'), 'echo two\n');
    const kept = await train(client, body);
    const manifests: string[] = [];
    for (const { id } of [old, kept]) {
      const { snapshot = '' } = await client.call('runs.get', of(id));
      manifests.push(inWorkspace(tracker, 'snapshots', 'manifests', snapshot.slice(0, 2), snapshot.slice(2)));
    }
    await tracker.stop();
    const [first = '', second = ''] = manifests;
    for (const file of [first, second]) utimesSync(file, 1_000_000, 1_000_000);
    edit(tracker, 'UPDATE run SET deleted_at = 1 WHERE id = ?', old.id);
    await tracker.restart();
    await gone(first);
    assert.ok(existsSync(second));
    assert.ok(!existsSync(inWorkspace(tracker, 'runs', old.id)));
  });

  it('a backup that says of a run that it goes on is held against the run', async () => {
    await using folder = trainingFolder({ 'a.sh': 'while [ ! -e stop ]; do sleep 0.05; done\n' });
    await using tracker = await startTracker();
    const { client } = tracker;
    const configuration = { script: 'a.sh', runIn: 'folder' } as const;
    const { id } = await submit(client, { folder: folder.path, configuration });
    await until(client, id, ({ state }) => state === 'running');
    await client.call('workspaces.backup', { params: { workspace: 'default' } });
    writeFileSync(path.join(folder.path, 'stop'), '');
    await ended(client, id);
    await client.call('workspaces.restore', { params: { workspace: 'default' }, body: {} });
    assert.equal((await ended(client, id)).state, 'finished');
  });
});

describe('a run whose environment', () => {
  let tracker: TestTracker;
  before(async () => {
    tracker = await startTracker();
  });
  after(() => tracker[Symbol.asyncDispose]());

  it('is cancelled while it is built, is cancelled and not failed', async () => {
    // Answers what it is, and then takes its time.
    const python = '#!/bin/sh\ncase "$*" in *-I*) echo cpython 3.11.0 64 ;; *) exec sleep 60 ;; esac\n';
    await using folder = trainingFolder({ 'train.py': '', 'requirements.txt': 'numpy\n', python });
    const { client } = tracker;
    chmodSync(path.join(folder.path, 'python'), 0o755);
    const environment = { requirements: 'requirements.txt', python: './python' };
    const { id } = await submit(client, {
      folder: folder.path,
      configuration: { script: 'train.py', environment },
      variables: { PATH: '/usr/bin:/bin' },
    });
    for (let found: string | undefined; found === undefined; await sleep(20)) {
      const { activities } = await client.call('activities.list', {});
      found = activities.find(({ kind, state }) => kind === 'environment' && state === 'running')?.id;
      if (found !== undefined) await client.call('activities.cancel', { params: { activity: found }, body: {} });
    }
    assert.equal((await ended(client, id)).state, 'cancelled');
  });

  it('was the submitter’s own has it again when it is retried', async () => {
    await using folder = trainingFolder({ 'a.sh': 'echo "$LANG"\n' });
    const { client } = tracker;
    const variables = { PATH: '/usr/bin:/bin', LANG: 'xx_TEST' };
    const first = await train(client, { folder: folder.path, configuration: { script: 'a.sh' }, variables });
    const again = await client.call('runs.retry', { ...of(first.id), body: { from: 'snapshot' } });
    await ended(client, again.id);
    const log = await client.bytes('runs.log', { ...of(again.id) });
    assert.equal(await log.text(), 'xx_TEST\n');
  });
});
