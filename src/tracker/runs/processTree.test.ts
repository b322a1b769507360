import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity, RunSpec } from '../../shared/runDirectory.ts';
import { type ProcessEntry, parsePsFamily, parseWindowsFamily } from './processTable.ts';
import { endTree, listTree, type RunTree, selectTree } from './processTree.ts';
import { describeLaunch, launch, prepareRunDirectory } from './wrapper/launch.ts';
import { isAlive, parsePsStart, parseWindowsStart, readLinuxProcess } from './wrapper/processIdentity.ts';

const here = import.meta.dirname;
const linux = { skip: process.platform === 'linux' ? false : 'reads /proc' };

/** Starts a real run, waits until its command prints "ready", and gives its tree. */
async function start(t: TestContext, code: string): Promise<{ tree: RunTree; directory: string; log(): string }> {
  const directory = mkdtempSync(join(tmpdir(), 'trainyard-tree-'));
  const runId = `run-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const argv = ['python3', '-c', code];
  const spec: RunSpec = { v: 1, runId, argv, createdMs: Date.now(), wrapper: { cwd: directory } };
  await prepareRunDirectory(directory, spec, { PATH: process.env.PATH ?? '', TRAINYARD_RUN_ID: runId });
  const wrapper = await launch(
    describeLaunch({
      runDirectory: directory,
      argv,
      wrapperPath: join(here, 'wrapper/wrapper.sh'),
      nodePath: process.execPath,
      platform: 'linux',
      env: process.env,
    }),
  );
  const log = () =>
    existsSync(join(directory, 'output.log')) ? readFileSync(join(directory, 'output.log'), 'utf8') : '';
  while (!log().includes('ready')) await sleep(20);
  const child: ProcessIdentity = JSON.parse(readFileSync(join(directory, 'child.json'), 'utf8'));
  const tree = { runId, wrapper, child: { pid: child.pid, start: child.start, boot: child.boot } };
  t.after(async () => {
    await endTree(tree, { graceMs: 0 });
    while (await isAlive(wrapper)) await sleep(20);
    rmSync(directory, { recursive: true, force: true });
  });
  return { tree, directory, log };
}

async function assertEnded(directory: string, tree: RunTree): Promise<void> {
  assert.deepEqual(await listTree(tree), []);
  while (!existsSync(join(directory, 'exit.json'))) await sleep(20);
}

test('TERM is enough for who listens, and the wrapper lives to tell', linux, async (t) => {
  const code = `
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("saved", flush=True), sys.exit(4)))
print("ready", flush=True)
time.sleep(60)`;
  const { tree, directory, log } = await start(t, code);
  assert.deepEqual(await listTree(tree), [tree.child]);
  assert.deepEqual(await endTree(tree, { graceMs: 30_000 }), []);
  await assertEnded(directory, tree);
  assert.match(log(), /saved/);
  assert.equal(JSON.parse(readFileSync(join(directory, 'exit.json'), 'utf8')).code, 4);
});

test('who ignores TERM is killed after the grace', linux, async (t) => {
  const code = `
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)`;
  const { tree, directory } = await start(t, code);
  assert.deepEqual(await endTree(tree, { graceMs: 200 }), []);
  await assertEnded(directory, tree);
  assert.equal(JSON.parse(readFileSync(join(directory, 'exit.json'), 'utf8')).signal, 'KILL');
});

test('workers, sessions of their own, and double-forked daemons belong to the run', linux, async (t) => {
  const code = `
import os, signal, subprocess, sys, time
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
subprocess.Popen(sleeper)
subprocess.Popen(sleeper, start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    os._exit(0)
os.wait()
# An orphan without any environment that stayed in the session.
subprocess.run(["sh", "-c", "env -i sleep 60 &"])
time.sleep(0.3)
print("ready", flush=True)
time.sleep(60)`;
  const { tree, directory } = await start(t, code);
  assert.equal((await listTree(tree)).length, 5);
  assert.equal((await listTree({ ...tree, child: undefined })).length, 4, 'by the mark alone');
  assert.deepEqual(await endTree(tree, { graceMs: 300 }), []);
  await assertEnded(directory, tree);
});

test('a program that forks without end comes to its end', linux, async (t) => {
  const code = `
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
ends = time.time() + 30
while time.time() < ends:
    time.sleep(0.005)
    if os.fork():
        time.sleep(0.02)
        os._exit(0)`;
  const { tree, directory } = await start(t, code);
  assert.deepEqual(await endTree(tree, { graceMs: 300, killMs: 20_000 }), []);
  await assertEnded(directory, tree);
});

test('a stranger with a reused pid is not signalled', linux, async (t) => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.after(() => stranger.kill('SIGKILL'));
  const identity = readLinuxProcess(stranger.pid ?? 0);
  assert.ok(identity !== undefined);
  const before = { ...identity, start: String(Number(identity.start) - 1) };
  const tree = { runId: 'no-such-run', wrapper: before, child: before, known: [before] };
  assert.deepEqual(await endTree(tree, { graceMs: 50 }), []);
  assert.equal(await isAlive(identity), true);
});

test('the wrapper, its watch and this process are no part of a run', () => {
  const entry = (pid: number, ppid: number, session = 10): [number, ProcessEntry] => [
    pid,
    { pid, ppid, pgid: session, session, start: String(pid), boot: 'b' },
  ];
  const entries = new Map([
    entry(10, 1),
    entry(11, 10),
    entry(12, 11),
    entry(13, 10),
    entry(14, 13),
    entry(20, 1),
    entry(9, 1),
    entry(30, 1, 30),
    entry(process.pid, 13, 31),
  ]);
  const table = { entries, isMarked: (pid: number) => pid === 30 || pid === process.pid };
  const tree = { runId: 'r', wrapper: entries.get(10), child: entries.get(13) };
  // 9 has the session's number but is older than the wrapper: a session of another time.
  assert.deepEqual(
    selectTree(table, tree).map(({ pid }) => pid),
    [13, 14, 20, 30],
  );
});

test('what macOS and Windows say is understood', () => {
  const ps = '    1     0     1 Ss   Fri Nov 20 08:00:01 2026\n  501   1   501 Z    Fri Nov  6 20:46:05 2026\n';
  const row = { pid: 1, ppid: 0, pgid: 1, session: 0, start: 'Fri Nov 20 08:00:01 2026', boot: '' };
  assert.deepEqual([...parsePsFamily(ps).values()], [row]);
  assert.equal(parsePsStart('S+   Fri Nov  6 20:46:05 2026\n'), 'Fri Nov 6 20:46:05 2026');
  assert.equal(parsePsStart('Z    Fri Nov  6 20:46:05 2026\n'), undefined);
  assert.equal(parsePsStart(''), undefined);
  const cim =
    '0 0 134000000000000000\r\n4 0 134000000000000010\r\n88 4 134000000000000020\r\n90 88 134000000000000000\r\n';
  const family = parseWindowsFamily(cim);
  assert.deepEqual(
    [...family.values()].map(({ pid, ppid }) => [pid, ppid]),
    [
      [4, 0],
      [88, 4],
      [90, 0],
    ],
  );
  assert.equal(parseWindowsStart('134000000000000027\r\n'), family.get(88)?.start);
});
