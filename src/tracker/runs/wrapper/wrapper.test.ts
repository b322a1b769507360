import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTrackerPid, shellQuote } from '../../../shared/homeFiles.ts';
import { type ExitRecord, parseExitRecord, parseProcessRecord, type RunSpec } from '../../../shared/runDirectory.ts';
import { describeLaunch, type Launch, launch, prepareRunDirectory } from './launch.ts';
import { isAlive, readLinuxProcess } from './processIdentity.ts';

interface Wrapper {
  name: string;
  /** env file of this wrapper's platform. */
  platform: NodeJS.Platform;
  file: string;
  prefix: string[];
}

const here = import.meta.dirname;
const script = join(here, 'wrapper.sh');
const wrappers: Wrapper[] = [
  { name: 'dash', platform: 'linux', file: 'dash', prefix: [script] },
  { name: 'bash', platform: 'linux', file: 'bash', prefix: [script] },
  { name: 'busybox ash', platform: 'linux', file: 'busybox', prefix: ['ash', script] },
  { name: 'node', platform: 'win32', file: process.execPath, prefix: [join(here, 'wrapper.ts')] },
];

interface Started {
  directory: string;
  wrapper: { pid: number };
  log(): string;
  exit(): Promise<ExitRecord>;
}

interface StartOptions {
  env?: Record<string, string>;
  cwd?: string;
  home?: string;
  cancelFirst?: boolean;
}

describe('run wrapper contract', { concurrency: 4 }, () => {
  for (const wrapper of wrappers) {
    const present = spawnSync(wrapper.file, ['--help'], { stdio: 'ignore' }).error === undefined;
    const skip = present && process.platform === 'linux' ? false : `${wrapper.name} is not here`;
    test(wrapper.name, { skip, concurrency: 4 }, async (t) => {
      await Promise.all(Object.entries(contract).map(([name, body]) => t.test(name, (t) => body(t, wrapper))));
    });
  }
});

type Case = (t: TestContext, wrapper: Wrapper) => Promise<void>;

const contract: Record<string, Case> = {
  'records the exit code, both streams in order, and who ran': async (t, wrapper) => {
    const run = await start(t, wrapper, ['sh', '-c', 'echo one; echo two >&2; read x || echo no input; exit 3']);
    const exit = await run.exit();
    assert.equal(exit.reason, 'exited');
    assert.equal(exit.code, 3);
    assert.equal(exit.signal, null);
    assert.equal(exit.canceled, false);
    assert.ok(exit.durationMs >= 0 && exit.endedMs > 1_600_000_000_000);
    assert.equal(run.log(), 'one\ntwo\nno input\n');
    const child = parseProcessRecord(readFileSync(join(run.directory, 'child.json'), 'utf8'), 'child.json');
    assert.ok('value' in child && child.value.pid > 0 && /^\d+$/.test(child.value.start));
    assert.equal(await settled(run.wrapper.pid), true);
  },

  'passes arguments and environment through byte by byte, and removes the environment file': async (t, wrapper) => {
    const strange = `it's "a" $HOME \`x\` \\ * \u{1f600}\n-n`;
    const print = 'printf "[%s]" "$ODD" "$home" "$run" "$@" | cat';
    const env = { ODD: strange, home: 'h', run: 'r', UID: '1', 'BASH_FUNC_x%%': '() { :; }', IFS: 'x' };
    const run = await start(t, wrapper, ['sh', '-c', print, 'sh', strange, '', '-e', '*'], { env });
    assert.equal((await run.exit()).code, 0);
    assert.equal(run.log(), `[${strange}][h][r][${strange}][][-e][*]`);
    assert.deepEqual(
      readdirSync(run.directory).filter((name) => name.startsWith('env')),
      [],
    );
  },

  'the environment file is private, and gone before the command runs': async (t, wrapper) => {
    const run = await start(t, wrapper, ['sh', '-c', 'ls ../run; umask']);
    await run.exit();
    assert.doesNotMatch(run.log(), /^env/m);
    assert.match(run.log(), /^0?022$/m);
  },

  'names the signal that ended the command': async (t, wrapper) => {
    for (const signal of ['KILL', 'SEGV', 'TERM', 'INT']) {
      const run = await start(t, wrapper, ['sh', '-c', `kill -${signal} $$; sleep 30`]);
      const exit = await run.exit();
      assert.deepEqual([exit.reason, exit.signal, exit.code], ['signaled', signal, null]);
    }
  },

  'runs the command once, also when it is launched twice': async (t, wrapper) => {
    const run = await start(t, wrapper, ['sh', '-c', 'echo once; sleep 0.5']);
    await until(() => existsSync(join(run.directory, 'claimed')));
    const again = spawnSync(wrapper.file, [...wrapper.prefix, run.directory, 'sh', '-c', 'echo twice']);
    assert.equal(again.status, 0);
    await run.exit();
    assert.equal(run.log(), 'once\n');
  },

  'counts the processor time, where the wrapper can': async (t, wrapper) => {
    const run = await start(t, wrapper, ['sh', '-c', 'i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done']);
    const { userMs, systemMs } = await run.exit();
    if (wrapper.platform === 'win32') assert.deepEqual([userMs, systemMs], [null, null]);
    else assert.ok((userMs ?? 0) >= 50 && (userMs ?? 0) < 60_000 && systemMs !== null, String(userMs));
  },

  'exit codes above 128 that are no signal stay codes': async (t, wrapper) => {
    const exit = await (await start(t, wrapper, ['sh', '-c', 'exit 255'])).exit();
    assert.deepEqual([exit.reason, exit.code, exit.status], ['exited', 255, 255]);
  },

  'outlives a TERM for the whole group and records what the command did with it': async (t, wrapper) => {
    const body = 'trap "echo saving; sleep 0.2; exit 7" TERM; echo ready; while :; do sleep 0.05; done';
    const run = await start(t, wrapper, ['sh', '-c', body]);
    await until(() => run.log().includes('ready'));
    process.kill(-run.wrapper.pid, 'SIGTERM');
    const exit = await run.exit();
    assert.deepEqual([exit.reason, exit.code], ['exited', 7]);
    assert.match(run.log(), /saving/);
    assert.equal(await settled(run.wrapper.pid), true);
  },

  'the command inherits no ignored signals': async (t, wrapper) => {
    const run = await start(t, wrapper, ['sh', '-c', 'grep SigIgn /proc/self/status']);
    await run.exit();
    // Bits of HUP 1, INT 2, QUIT 3, USR1 10, USR2 12, TERM 15.
    const ignored = Number.parseInt(/SigIgn:\s*([0-9a-f]+)/.exec(run.log())?.[1] ?? 'ff', 16);
    assert.equal(ignored & 0x4a07, 0);
  },

  'says plainly what cannot be started': async (t, wrapper) => {
    const missing = await start(t, wrapper, ['no-such-program-here']);
    assert.deepEqual([(await missing.exit()).reason, (await missing.exit()).status], ['not-found', 127]);
    assert.match(missing.log(), /Cannot start no-such-program-here/);
    const plain = join(temporary(t), 'plain.txt');
    writeFileSync(plain, 'text');
    chmodSync(plain, 0o644);
    const forbidden = await start(t, wrapper, [plain]);
    assert.deepEqual([(await forbidden.exit()).reason, (await forbidden.exit()).status], ['not-executable', 126]);
    assert.notEqual(forbidden.log(), '');
    const nowhere = await start(t, wrapper, ['true'], { cwd: '/no/such/folder' });
    assert.equal((await nowhere.exit()).reason, 'no-directory');
    assert.match(nowhere.log(), /\/no\/such\/folder/);
  },

  'a cancel marker before the start keeps the command from running, a later one is recorded': async (t, wrapper) => {
    const never = await start(t, wrapper, ['sh', '-c', 'echo ran'], { cancelFirst: true });
    assert.equal((await never.exit()).reason, 'canceled');
    assert.doesNotMatch(never.log(), /^ran/m);
    const run = await start(t, wrapper, ['sh', '-c', 'echo ready; exec sleep 30']);
    await until(() => run.log().includes('ready') && existsSync(join(run.directory, 'child.json')));
    writeFileSync(join(run.directory, 'cancel'), 'asked\n');
    const child = parseProcessRecord(readFileSync(join(run.directory, 'child.json'), 'utf8'), 'child.json');
    assert.ok('value' in child);
    process.kill(child.value.pid, 'SIGKILL');
    const exit = await run.exit();
    assert.deepEqual([exit.canceled, exit.signal], [true, 'KILL']);
  },

  'several wrappers revive a dead tracker once, in a session of its own': async (t, wrapper) => {
    const home = temporary(t);
    const dead = spawn('sleep', ['60'], { stdio: 'ignore' });
    assert.ok(dead.pid !== undefined);
    const identity = readLinuxProcess(dead.pid);
    assert.ok(identity !== undefined);
    writeFileSync(join(home, 'tracker.pid'), formatTrackerPid(identity));
    writeReviver(home);
    const runs = await Promise.all(
      [1, 2, 3].map(() => start(t, wrapper, ['sh', '-c', 'while [ ! -e stop ]; do sleep 0.1; done'], { home })),
    );
    await sleep(1500);
    assert.equal(existsSync(join(home, 'started')), false, 'nobody revives a living tracker');
    dead.kill('SIGKILL');
    await until(() => existsSync(join(home, 'started')));
    const [pid, session] = readFileSync(join(home, 'started'), 'utf8').trim().split(' ').map(Number);
    t.after(() => process.kill(pid ?? 0, 'SIGKILL'));
    assert.equal(session, pid);
    await sleep(2500);
    assert.equal(readFileSync(join(home, 'started'), 'utf8').trim().split('\n').length, 1);
    for (const run of runs) {
      writeFileSync(join(run.directory, 'stop'), '');
      assert.equal((await run.exit()).code, 0);
      assert.equal(await settled(run.wrapper.pid), true);
    }
    assert.equal(existsSync(join(home, 'revive.lock')), false);
  },

  'a full disk still tells how it ended': async (t, wrapper) => {
    if (process.getuid?.() !== 0) return t.skip('needs root for a sized tmpfs');
    const mount = mkdtempSync(join(tmpdir(), 'trainyard-full-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', mount]).status !== 0) return t.skip('no tmpfs');
    t.after(() => {
      spawnSync('umount', ['-l', mount]);
      rmSync(mount, { recursive: true });
    });
    const fill = 'cat /dev/zero > filler; cat /dev/zero >> filler; exit 5';
    const run = await start(t, wrapper, ['sh', '-c', fill], {}, mount);
    // Where some page of the disk came free meanwhile, the record itself fits, and is as good.
    await until(() => ['exit.5', 'exit.json'].some((name) => existsSync(join(run.directory, name))));
    rmSync(join(run.directory, 'filler'));
    assert.equal((await run.exit()).code, 5);
  },
};

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-wrapper-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Stands for a tracker: notes its pid and session, writes tracker.pid, and stays. */
function writeReviver(home: string): void {
  const body = `cd ${shellQuote(home)}
stat=$(cat /proc/$$/stat); set -- \${stat##*) }
echo "$$ $4" >>started
echo "$$ \${20} $(cat /proc/sys/kernel/random/boot_id)" >tracker.pid.tmp && mv tracker.pid.tmp tracker.pid
exec sleep 60`;
  writeFileSync(join(home, 'revive.sh'), body);
  writeFileSync(join(home, 'revive.json'), JSON.stringify({ argv: ['sh', join(home, 'revive.sh')], env: {} }));
}

async function start(
  t: TestContext,
  wrapper: Wrapper,
  argv: string[],
  options: StartOptions = {},
  base = temporary(t),
): Promise<Started> {
  const directory = join(base, 'run');
  mkdirSync(directory);
  const spec: RunSpec = {
    v: 1,
    runId: 'run-1',
    argv,
    createdMs: Date.now(),
    wrapper: { cwd: options.cwd ?? directory, pollSeconds: 1, ...(options.home ? { home: options.home } : {}) },
  };
  const env = { PATH: process.env.PATH ?? '', ...options.env };
  await prepareRunDirectory(directory, spec, env, wrapper.platform);
  const envFile = join(directory, wrapper.platform === 'win32' ? 'env.json' : 'env');
  assert.equal(statSync(envFile).mode & 0o777, 0o600);
  if (options.cancelFirst) writeFileSync(join(directory, 'cancel'), '');
  const { platform } = wrapper;
  const request = { runDirectory: directory, argv, wrapperPath: '', nodePath: '', platform, env: process.env };
  const described = describeLaunch(request);
  const actual: Launch = { ...described, file: wrapper.file, args: [...wrapper.prefix, directory, ...argv] };
  const identity = await launch(actual);
  t.after(() => endGroup(identity.pid));
  const text = (name: string) => readFileSync(join(directory, name), 'utf8');
  return {
    directory,
    wrapper: identity,
    log: () => (existsSync(join(directory, 'output.log')) ? text('output.log') : ''),
    async exit() {
      await until(() => existsSync(join(directory, 'exit.json')));
      const parsed = parseExitRecord(text('exit.json'));
      assert.ok('value' in parsed, JSON.stringify(parsed));
      return parsed.value;
    },
  };
}

/** Gives up after a minute, so that what never comes is a failure and not a hang. */
async function until(condition: () => boolean): Promise<void> {
  for (const begun = performance.now(); !condition(); await sleep(20)) {
    assert.ok(performance.now() - begun < 60_000, 'What was waited for did not come.');
  }
}

/** Waits until the wrapper's session holds no living process: neither it nor its watch stays behind. */
async function settled(session: number): Promise<true> {
  await until(() => {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return !pids.some((pid) => sessionOf(Number(pid)) === session);
  });
  return true;
}

function sessionOf(pid: number): number | undefined {
  try {
    const rest = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ');
    return rest?.[0] === 'Z' ? undefined : Number(rest?.[3]);
  } catch {
    return undefined;
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The usual case: it is over.
  }
}

test('a zombie and another process with the same pid are not alive', {
  skip: process.platform !== 'linux',
}, async () => {
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const zombie = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
  await until(() => readLinuxProcess(zombie) === undefined);
  process.kill(zombie, 0);
  const self = readLinuxProcess(process.pid);
  assert.ok(self !== undefined);
  assert.equal(await isAlive(self), true);
  assert.equal(await isAlive({ ...self, start: '1' }), false);
  assert.equal(await isAlive({ ...self, boot: 'other' }), false);
  parent.kill('SIGKILL');
});
