import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../../../test/harness/home.ts';
import { Problem } from '../../shared/api/error.ts';
import { openDatabase, schemaVersion } from './database.ts';
import type { Migration } from './migration.ts';
import { workspaceMigrations } from './migrations.ts';
import { Writer } from './writer.ts';

const first: Migration = { name: 'first', up: ['CREATE TABLE a (x)', 'INSERT INTO a VALUES (1)'] };
const broken: Migration = { name: 'broken', up: ['CREATE TABLE b (x)', 'INSERT INTO nowhere VALUES (1)'] };

test('what lists read of a run stands before its long column, which SQLite would have to read through', async () => {
  await using folder = temporaryFolder('db');
  const db = openDatabase({ file: path.join(folder.path, 'x.db'), migrations: workspaceMigrations });
  const columns = db.pragma('table_info(run)') as { name: string }[];
  assert.equal(columns.at(-1)?.name, 'detail');
  const query = 'SELECT id FROM run WHERE folder = ? AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 1';
  const [plan] = db.prepare(`EXPLAIN QUERY PLAN ${query}`).all('x') as { detail: string }[];
  assert.match(plan?.detail ?? '', /run_folder/);
  db.close();
});

describe('opening a database', () => {
  test('acknowledged means on disk: WAL, synchronous FULL, nobody else gets in', async () => {
    await using folder = temporaryFolder('db');
    const file = path.join(folder.path, 'x.db');
    const db = openDatabase({ file, migrations: [first] });
    assert.equal(db.pragma('synchronous', { simple: true }), 2);
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('locking_mode', { simple: true }), 'exclusive');
    const other = `import Database from 'better-sqlite3';
      try { new Database(${JSON.stringify(file)}, { timeout: 0 }).prepare('SELECT * FROM a').all(); }
      catch (error) { console.log(error.code); }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', other], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    assert.equal(text.toString().trim(), 'SQLITE_BUSY');
    await once(child, 'exit');
    db.close();
  });

  test('a migration that fails leaves the old schema, whole', async () => {
    await using folder = temporaryFolder('db');
    const file = path.join(folder.path, 'x.db');
    openDatabase({ file, migrations: [first] }).close();
    assert.throws(() => openDatabase({ file, migrations: [first, broken] }), /nowhere/);
    const db = openDatabase({ file, migrations: [first] });
    assert.equal(schemaVersion(db), 1);
    assert.deepEqual(db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all(), ['a']);
    db.close();
  });

  test('killed at any moment of a migration: old or new, never half', async () => {
    await using folder = temporaryFolder('db');
    const file = path.join(folder.path, 'x.db');
    openDatabase({ file, migrations: [first] }).close();
    const up = Array.from({ length: 300 }, (_, index) => `CREATE TABLE t${index} AS SELECT randomblob(20000) AS x`);
    const code = `import { openDatabase } from ${JSON.stringify(path.join(import.meta.dirname, 'database.ts'))};
      console.log('go');
      openDatabase({ file: process.argv[1], migrations: [{ name: '', up: [] }, { name: 'many', up: ${JSON.stringify(up)} }] });`;
    const counts = new Set<number>();
    for (let attempt = 0; attempt < 6; attempt++) {
      const copy = path.join(folder.path, `copy${attempt}.db`);
      fs.copyFileSync(file, copy);
      const child = spawn(process.execPath, ['--input-type=module', '-e', code, copy], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = once(child, 'exit');
      await Promise.race([once(child.stdout, 'data'), gone]);
      await sleep(attempt * 12);
      child.kill('SIGKILL');
      await gone;
      const db = new Database(copy);
      assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
      const count = db.prepare(`SELECT count(*) FROM sqlite_master WHERE name LIKE 't%'`).pluck().get() as number;
      assert.deepEqual([schemaVersion(db), count], count === 0 ? [1, 0] : [2, 300]);
      counts.add(count);
      db.close();
    }
    assert.ok(counts.size > 0);
  });

  test('before a schema is changed there is a moment for a backup, with all that was committed', async () => {
    await using folder = temporaryFolder('db');
    const file = path.join(folder.path, 'x.db');
    openDatabase({ file, migrations: [first] }).close();
    const seen: unknown[] = [];
    const second: Migration = { name: 'second', up: ['DROP TABLE a'] };
    const beforeMigration = (db: Database.Database) => seen.push(db.prepare('SELECT x FROM a').pluck().all());
    openDatabase({ file, migrations: [first, second], beforeMigration }).close();
    openDatabase({ file, migrations: [first, second], beforeMigration }).close();
    assert.deepEqual(seen, [[1]]);
  });

  for (const [what, content] of [
    ['garbage', Buffer.alloc(9000, 'x')],
    ['an empty file', Buffer.alloc(0)],
  ] as const) {
    test(`${what} where data was is damage, and stays as it is`, async () => {
      await using folder = temporaryFolder('db');
      const file = path.join(folder.path, 'x.db');
      fs.writeFileSync(file, content);
      assert.throws(
        () => openDatabase({ file, migrations: [first], mustExist: true }),
        (error) => error instanceof Problem && error.code === 'corrupt',
      );
      assert.deepEqual(fs.readFileSync(file), content);
    });
  }
});

describe('group commit', () => {
  function setUp(onFailure?: (error: unknown) => void) {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE a (x UNIQUE)');
    const writer = new Writer(db, onFailure === undefined ? {} : { onFailure });
    const insert = db.prepare('INSERT INTO a VALUES (?)');
    const all = () => db.prepare('SELECT x FROM a ORDER BY x').pluck().all();
    return { db, writer, insert, all };
  }

  test('writes of one turn share a commit; nothing is acknowledged before it', async () => {
    const { writer, insert, all } = setUp();
    const events: string[] = [];
    writer.join({ committed: () => events.push('commit'), rolledBack: () => events.push('rollback') });
    const writes = [1, 2, 3].map((x) => writer.write(() => insert.run(x)).then(() => events.push(`ack ${x}`)));
    assert.deepEqual(all(), []);
    await Promise.all(writes);
    assert.deepEqual(events, ['commit', 'ack 1', 'ack 2', 'ack 3']);
  });

  test('a failure hits its own caller only', async () => {
    const failures: unknown[] = [];
    const { writer, insert, all } = setUp((error) => failures.push(error));
    const results = await Promise.allSettled([1, 2, 2, 3].map((x) => writer.write(() => insert.run(x))));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(all(), [1, 2, 3]);
    assert.ok(failures.length > 0);
  });

  test('closing commits what waits and refuses the rest', async () => {
    const { writer, insert, all } = setUp();
    const waiting = writer.write(() => insert.run(1));
    writer.close();
    await waiting;
    assert.deepEqual(all(), [1]);
    await assert.rejects(
      writer.write(() => insert.run(2)),
      /closed/,
    );
  });
});
