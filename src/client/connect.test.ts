import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryHome, trackerPid } from '../../test/harness/home.ts';
import { root } from '../../test/harness/paths.ts';
import { commandLine, isAlive } from '../../test/harness/processes.ts';
import { startTracker } from '../../test/harness/tracker.ts';
import { Problem } from '../shared/api/error.ts';
import { connect } from './connect.ts';

const run = promisify(execFile);

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !condition(); await sleep(20)) {
    assert.ok(Date.now() < end, `never true: ${condition}`);
  }
}

describe('finding or starting the tracker', () => {
  test('many clients at once get one tracker, detached, in a session of its own', async () => {
    await using home = temporaryHome();
    const connections = await Promise.all(Array.from({ length: 5 }, () => connect({ home: home.path })));
    assert.equal(new Set(connections.map(({ discovery }) => discovery.pid)).size, 1);
    assert.ok(connections.some(({ started }) => started));
    const { discovery, client } = connections[0] ?? assert.fail();
    assert.equal((await client.call('tracker.info', {})).pid, discovery.pid);
    assert.equal(fs.statSync(path.join(home.path, 'tracker.json')).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.join(home.path, 'address.json')).mode & 0o777, 0o600);
    assert.equal(fs.statSync(home.path).mode & 0o777, 0o700);
    if (process.platform === 'linux') {
      const stat = fs.readFileSync(`/proc/${discovery.pid}/stat`, 'utf8');
      assert.equal(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3], String(discovery.pid), 'session leader');
      assert.ok(!commandLine(discovery.pid).includes(discovery.token), 'no token among the arguments');
    }
  });

  test('after SIGKILL the next client starts another, at the same address with the same token', async () => {
    await using home = temporaryHome();
    const first = await connect({ home: home.path });
    process.kill(first.discovery.pid, 'SIGKILL');
    await until(() => !isAlive(first.discovery.pid));
    const second = await connect({ home: home.path });
    assert.notEqual(second.discovery.pid, first.discovery.pid);
    assert.equal(second.discovery.address, first.discovery.address);
    assert.equal(second.discovery.token, first.discovery.token);
    // The old client goes on as if nothing had been.
    assert.equal((await first.client.call('tracker.info', {})).pid, second.discovery.pid);
  });

  test('a discovery file whose pid belongs to another process by now is not believed', async () => {
    await using home = temporaryHome();
    const first = await connect({ home: home.path });
    process.kill(first.discovery.pid, 'SIGKILL');
    await until(() => !isAlive(first.discovery.pid));
    const forged = { ...first.discovery, pid: process.pid, process: { ...first.discovery.process, pid: process.pid } };
    fs.writeFileSync(path.join(home.path, 'tracker.json'), JSON.stringify(forged));
    const second = await connect({ home: home.path });
    assert.ok(second.started);
    assert.notEqual(second.discovery.pid, process.pid);
  });

  test('a port that was asked for is kept, and the keys of tokens with it', async () => {
    await using asked = await startTracker();
    const { port } = asked.discovery;
    await asked.stop();
    await using tracker = await startTracker({ args: ['--port', String(port)] });
    const { token } = tracker.discovery;
    // As a wrapper does it that revives a tracker: without knowing how it was started.
    await tracker.kill();
    await tracker.restart({ args: [] });
    assert.deepEqual([tracker.discovery.port, tracker.discovery.token], [port, token]);
  });

  test('a newer client replaces an older tracker on the same port; an older one uses the newer and is told', async () => {
    await using home = temporaryHome();
    const client = path.join(root, 'src', 'client', 'connect.ts');
    const connectAs = async (version: string) => {
      const code = `import { connect } from ${JSON.stringify(client)};
        const { discovery, started, notice } = await connect({ home: ${JSON.stringify(home.path)} });
        console.log(JSON.stringify({ pid: discovery.pid, port: discovery.port, version: discovery.version, started, notice }));`;
      const env = { ...process.env, TRAINYARD_PRETEND_VERSION: version };
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { env });
      return JSON.parse(stdout) as { pid: number; port: number; version: string; started: boolean; notice?: string };
    };
    const old = await connectAs('1.2.0');
    const newer = await connectAs('1.10.0');
    assert.deepEqual([newer.version, newer.port, newer.started], ['1.10.0', old.port, true]);
    assert.ok(!isAlive(old.pid));
    const older = await connectAs('1.9.9');
    assert.deepEqual([older.pid, older.started], [newer.pid, false]);
    assert.match(older.notice ?? '', /1\.10\.0, newer than this \(1\.9\.9\)/);
    const { client: direct } = await connect({ home: home.path, start: 'never' });
    await assert.rejects(
      direct.call('tracker.handover', { body: { version: '1.10.0-rc.1' } }),
      (error) => error instanceof Problem && error.code === 'conflict' && /older/.test(error.message),
    );
    assert.ok(isAlive(newer.pid));
  });

  test('a kept port that a stranger has taken is replaced by another, which is kept in its turn', async () => {
    await using home = temporaryHome();
    const first = await connect({ home: home.path });
    await first.client.call('tracker.stop', {});
    await until(() => !isAlive(first.discovery.pid));
    assert.equal(trackerPid(home.path), undefined, 'the discovery file is gone with the tracker');
    const stranger = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => stranger.listen(first.discovery.port, '127.0.0.1', resolve));
    try {
      const second = await connect({ home: home.path });
      assert.notEqual(second.discovery.port, first.discovery.port);
      assert.equal(second.discovery.token, first.discovery.token);
      const kept = JSON.parse(fs.readFileSync(path.join(home.path, 'address.json'), 'utf8')) as { port: number };
      assert.equal(kept.port, second.discovery.port);
    } finally {
      stranger.close();
    }
  });

  test('it leaves when nobody needs it, and stays while a client listens', async () => {
    await using home = temporaryHome();
    const env = { ...process.env, TRAINYARD_IDLE_SECONDS: '0.5' };
    const { client, discovery } = await connect({ home: home.path, env });
    const abort = new AbortController();
    const greeted = Promise.withResolvers<void>();
    const stream = client.events((event) => event.type === 'hello' && greeted.resolve(), abort.signal);
    await greeted.promise;
    await sleep(1500);
    assert.ok(isAlive(discovery.pid), 'a client is connected');
    abort.abort();
    await stream.catch(() => undefined);
    await until(() => !isAlive(discovery.pid));
    assert.ok(!fs.existsSync(path.join(home.path, 'tracker.json')));
    assert.ok(!fs.existsSync(path.join(home.path, 'tracker.pid')), 'wrappers of runs do not bring it back');
  });

  test('it leaves when its home has been removed', async () => {
    await using home = temporaryHome();
    const { discovery, client } = await connect({ home: home.path });
    await client.call('tracker.info', {});
    fs.rmSync(home.path, { recursive: true, maxRetries: 10, retryDelay: 50 });
    await until(() => !isAlive(discovery.pid));
  });

  test('a home that cannot be made is said so', async () => {
    await using home = temporaryHome();
    const file = path.join(home.path, 'file');
    fs.writeFileSync(file, '');
    await assert.rejects(
      connect({ home: path.join(file, 'home') }),
      (error) => error instanceof Problem && /cannot be made/.test(error.message),
    );
  });
});
