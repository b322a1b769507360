import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../../../test/harness/home.ts';
import { canMount } from '../../../test/harness/mounts.ts';
import { eventsUntil, startTracker, type TestTracker } from '../../../test/harness/tracker.ts';
import type { TrackerClient } from '../../client/trackerClient.ts';
import { Problem } from '../../shared/api/error.ts';
import type { TrackerEvent } from '../../shared/api/events.ts';

const params = { workspace: 'main' };

function databaseOf(tracker: TestTracker): string {
  return path.join(tracker.home, 'workspaces', 'main', 'workspace.db');
}

/** While no tracker lives. */
function addExperiments(file: string, ...names: readonly string[]): void {
  const db = new Database(file);
  const insert = db.prepare('INSERT INTO experiment (name, created_at, updated_at) VALUES (?, 1, 1)');
  for (const name of names) insert.run(name);
  db.close();
}

async function experimentNames(client: TrackerClient): Promise<string[]> {
  const { experiments } = await client.call('experiments.list', { params });
  return experiments.map(({ name }) => name).sort();
}

function hashOf(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

const isNotice = (event: TrackerEvent) => event.type === 'notice';

/** The notices that wait for the first client to connect. */
async function noticesOf(client: TrackerClient): Promise<string> {
  const events = await eventsUntil(client, isNotice);
  return events
    .flatMap((event) => (event.type === 'notice' ? [`${event.level}: ${event.message} ${event.hint ?? ''}`] : []))
    .join('\n');
}

const refused = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Problem, String(error));
  assert.equal(error.code, code);
  assert.match(`${error.message} ${error.hint ?? ''}`, words);
  return true;
};

describe('databases that are damaged, missing, newer, or cannot be written', () => {
  for (const [what, damage] of [
    ['garbage', (file: string) => fs.writeFileSync(file, Buffer.alloc(50_000, 'not a database '))],
    ['zero bytes', (file: string) => fs.writeFileSync(file, '')],
    ['nothing at all', (file: string) => fs.rmSync(file)],
  ] as const) {
    test(`${what} in place of a database: restored from its backup, and that is said`, async () => {
      await using tracker = await startTracker();
      const file = databaseOf(tracker);
      await tracker.stop();
      addExperiments(file, 'kept');
      await tracker.restart();
      await tracker.client.call('workspaces.backup', { params });
      await tracker.stop();
      addExperiments(file, 'since then');
      damage(file);
      await tracker.restart();
      assert.deepEqual(await experimentNames(tracker.client), ['kept']);
      assert.match(await noticesOf(tracker.client), /error: .*was damaged\. It was restored from its backup/);
      const { entries } = await tracker.client.call('audit.list', { params });
      assert.equal(entries[0]?.action, 'restore');
      const aside = fs.readdirSync(path.dirname(file)).filter((name) => name.includes('set-aside'));
      assert.equal(aside.length, what === 'nothing at all' ? 0 : 1);
    });

    test(`${what}, and no backup: refused, nothing is recreated, the other workspaces work`, async () => {
      await using tracker = await startTracker();
      const file = databaseOf(tracker);
      const other = await tracker.client.call('workspaces.create', { body: { name: 'Other' } });
      await tracker.stop();
      damage(file);
      const before = fs.existsSync(file) ? hashOf(file) : 'missing';
      await tracker.restart();
      await assert.rejects(experimentNames(tracker.client), refused('corrupt', /no backup.*delete the workspace/));
      await tracker.client.call('experiments.list', { params: { workspace: other.id } });
      assert.match(await noticesOf(tracker.client), /There is no backup of it/);
      assert.equal(fs.existsSync(file) ? hashOf(file) : 'missing', before);
    });
  }

  test('a workspace that is damaged beyond opening can still be deleted', async () => {
    await using tracker = await startTracker();
    const { id, directory } = await tracker.client.call('workspaces.create', { body: { name: 'Lost' } });
    await tracker.stop();
    fs.writeFileSync(path.join(directory, 'workspace.db'), 'garbage'.repeat(1000));
    await tracker.restart();
    await tracker.client.call('workspaces.delete', { params: { workspace: id }, query: { confirm: 'Lost' } });
    assert.deepEqual(
      (await tracker.client.call('workspaces.list', {})).workspaces.map(({ name }) => name),
      ['Main'],
    );
  });

  test('a schema that is newer: read, not written, the versions named, the file untouched', async () => {
    await using tracker = await startTracker();
    const file = databaseOf(tracker);
    await tracker.stop();
    addExperiments(file, 'from the future');
    const db = new Database(file);
    db.pragma('user_version = 9999');
    db.close();
    const before = hashOf(file);
    await tracker.restart();
    assert.deepEqual(await experimentNames(tracker.client), ['from the future']);
    const { workspaces } = await tracker.client.call('workspaces.list', {});
    assert.match(workspaces[0]?.readOnly ?? '', /newer Trainyard \(schema 9999; this one knows \d+\)/);
    await assert.rejects(
      tracker.client.call('experiments.update', { params: { ...params, experiment: '1' }, body: { note: 'x' } }),
      refused('read-only', /schema 9999.*Update Trainyard/),
    );
    await tracker.stop();
    assert.equal(hashOf(file), before);
  });

  test('a list of workspaces that is lost is made again from their folders, names included', async () => {
    await using tracker = await startTracker();
    await tracker.client.call('workspaces.create', { body: { name: 'Second one' } });
    await tracker.client.call('workspaces.update', { params, body: { name: 'First one' } });
    await tracker.stop();
    fs.writeFileSync(path.join(tracker.home, 'home.db'), 'garbage'.repeat(1000));
    await tracker.restart();
    const { workspaces } = await tracker.client.call('workspaces.list', {});
    assert.deepEqual(workspaces.map(({ name }) => name).sort(), ['First one', 'Second one']);
    assert.equal(workspaces.filter(({ isDefault }) => isDefault).length, 1);
    assert.match(await noticesOf(tracker.client), /made again from the folders/);
    assert.ok(fs.readdirSync(tracker.home).some((name) => name.startsWith('home.db.set-aside')));
  });

  test('a page that was overwritten is found by the check after an unclean end', async () => {
    await using tracker = await startTracker({ env: { TRAINYARD_FIRST_BACKUP_MS: '100' } });
    const file = databaseOf(tracker);
    await tracker.kill();
    const db = new Database(file);
    const page = db.prepare(`SELECT rootpage FROM sqlite_master WHERE name = 'run_tag_key'`).pluck().get() as number;
    db.close();
    const descriptor = fs.openSync(file, 'r+');
    fs.writeSync(descriptor, Buffer.alloc(4096, 0xee), 0, 4096, (page - 1) * 4096);
    fs.closeSync(descriptor);
    await tracker.restart();
    assert.match(await noticesOf(tracker.client), /database of workspace main is damaged.*trainyard restore/s);
    assert.deepEqual(fs.readdirSync(path.join(path.dirname(file), 'backups')), [], 'a damaged copy is no backup');
  });

  test('a backup is restored by asking for it; what was there is kept', async () => {
    await using tracker = await startTracker();
    const file = databaseOf(tracker);
    await tracker.stop();
    addExperiments(file, 'a');
    await tracker.restart();
    const made = await tracker.client.call('workspaces.backup', { params });
    await tracker.client.call('experiments.update', { params: { ...params, experiment: '1' }, body: { name: 'b' } });
    assert.deepEqual(await experimentNames(tracker.client), ['b']);
    await assert.rejects(
      tracker.client.call('workspaces.restore', { params, body: { backup: '../../home.db' } }),
      refused('not-found', /no backup/),
    );
    const reply = await tracker.client.call('workspaces.restore', { params, body: { backup: made.name } });
    assert.deepEqual(await experimentNames(tracker.client), ['a']);
    const kept = new Database(reply.setAside ?? '', { readonly: true });
    assert.equal(kept.prepare('SELECT name FROM experiment').pluck().get(), 'b');
    kept.close();
  });
});

describe('disks', { skip: canMount() ? false : 'needs root on Linux to mount a small disk' }, () => {
  function mount(size: string) {
    const folder = temporaryFolder('disk');
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder.path]);
    return {
      path: folder.path,
      remount: (options: string) => execFileSync('mount', ['-o', `remount,${options}`, folder.path]),
      [Symbol.asyncDispose]: async () => {
        execFileSync('umount', [folder.path]);
        await folder.dispose();
      },
    };
  }

  test('a full disk: 503 and one notice; reading works; it recovers by itself', async () => {
    await using disk = mount('24m');
    await using tracker = await startTracker({ home: disk.path });
    const { client } = tracker;
    const filler = path.join(disk.path, 'filler');
    const fill = () => {
      const descriptor = fs.openSync(filler, 'a');
      try {
        for (;;) fs.writeSync(descriptor, Buffer.alloc(65_536, 1));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      } finally {
        fs.closeSync(descriptor);
      }
    };
    const rename = (name: string) => client.call('workspaces.update', { params, body: { name } });
    const abort = new AbortController();
    const notices: TrackerEvent[] = [];
    const greeted = Promise.withResolvers<void>();
    const recovered = Promise.withResolvers<void>();
    const stream = client.events((event) => {
      if (event.type === 'hello') greeted.resolve();
      if (event.type === 'notice') notices.push(event);
      if (event.type === 'notice' && event.level === 'info') recovered.resolve();
    }, abort.signal);
    await greeted.promise;

    // The ballast is given back when the disk is first full, so it is filled again and again.
    let refusals = 0;
    for (let attempt = 0; attempt < 500 && refusals < 5; attempt++) {
      fill();
      await rename(`Name ${attempt} ${'x'.repeat(150)}`).catch((error: unknown) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, 'no-space');
        assert.equal(error.status, 503);
        refusals++;
      });
    }
    assert.equal(refusals, 5);
    await client.call('workspaces.list', {});
    await client.call('experiments.list', { params });
    assert.equal(notices.length, 1, JSON.stringify(notices));

    fs.rmSync(filler);
    assert.equal((await rename('After')).name, 'After');
    await recovered.promise;
    assert.ok(fs.existsSync(path.join(disk.path, 'ballast')));
    abort.abort();
    await stream.catch(() => undefined);
    await tracker.restart();
    assert.equal((await client.call('workspaces.list', {})).workspaces[0]?.name, 'After');
  });

  test('a disk that is full to the last byte: a tracker starts all the same, and what is stored can be read', async () => {
    await using disk = mount('24m');
    await using tracker = await startTracker({ home: disk.path });
    const file = databaseOf(tracker);
    await tracker.stop();
    addExperiments(file, 'seen');
    const filler = fs.openSync(path.join(disk.path, 'filler'), 'a');
    try {
      for (let size = 65_536; size >= 1; size /= 2) {
        try {
          for (;;) fs.writeSync(filler, Buffer.alloc(size, 1));
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        }
      }
    } finally {
      fs.closeSync(filler);
    }
    await tracker.restart();
    assert.deepEqual(await experimentNames(tracker.client), ['seen']);
    assert.match(await noticesOf(tracker.client), /The disk of the Trainyard home is full/);
  });

  test('a folder that cannot be written: read-only, with a reason', async () => {
    await using disk = mount('24m');
    await using tracker = await startTracker();
    const { client } = tracker;
    const file = databaseOf(tracker);
    await tracker.stop();
    addExperiments(file, 'seen');
    const folder = path.dirname(file);
    fs.cpSync(folder, path.join(disk.path, 'main'), { recursive: true });
    fs.rmSync(folder, { recursive: true });
    fs.symlinkSync(path.join(disk.path, 'main'), folder);
    disk.remount('ro');
    try {
      await tracker.restart();
      assert.deepEqual(await experimentNames(client), ['seen']);
      assert.match((await client.call('workspaces.list', {})).workspaces[0]?.readOnly ?? '', /cannot be written/);
      await assert.rejects(
        client.call('experiments.update', { params: { ...params, experiment: '1' }, body: { note: 'x' } }),
        refused('read-only', /Make it writable/),
      );
      await tracker.stop();
    } finally {
      disk.remount('rw');
    }
  });

  test('a tracker that cannot start for want of space says so, and starts once there is some', async () => {
    await using disk = mount('24m');
    await using tracker = await startTracker({ home: disk.path });
    await tracker.kill();
    fs.rmSync(path.join(disk.path, 'ballast'));
    const descriptor = fs.openSync(path.join(disk.path, 'filler'), 'w');
    assert.throws(() => {
      for (;;) fs.writeSync(descriptor, Buffer.alloc(4096, 1));
    }, /ENOSPC/);
    fs.closeSync(descriptor);
    await assert.rejects(tracker.restart(), /no space|ENOSPC/i);
    fs.rmSync(path.join(disk.path, 'filler'));
    await tracker.restart();
    await tracker.client.call('workspaces.list', {});
  });
});
