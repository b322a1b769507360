import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../../test/harness/home.ts';
import type { Problem } from '../../shared/api/error.ts';
import { ActivityBoard } from '../activities/activityBoard.ts';
import { EventHub } from '../api/eventHub.ts';
import { buildHint, buildSteps, buildVariables, progressOf } from './buildSteps.ts';
import { findInterpreters } from './findInterpreters.ts';
import { buildMark, LocalEnvironments } from './localEnvironments.ts';
import { environmentHash, requirementsText } from './requirements.ts';

// Without uv, so that the way that works everywhere is tested; no request leaves the machine, by --no-index.
const variables = { ...pythonPath(), HOME: '/nonexistent' };
function pythonPath(): { PATH: string } {
  const folders = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !existsSync(path.join(folder, 'uv')));
  return { PATH: folders.join(path.delimiter) };
}

function setUp(folder: string, requirements: string) {
  const file = path.join(folder, 'requirements.txt');
  writeFileSync(file, requirements);
  const board = new ActivityBoard(new EventHub(), path.join(folder, 'logs'));
  const root = path.join(folder, 'environments');
  return { board, root, environments: new LocalEnvironments(root, board), request: { requirements: file, variables } };
}

describe('virtual environments', () => {
  it('are built once for all who ask, and found again', { timeout: 120_000 }, async () => {
    await using folder = temporaryFolder('environment');
    const { board, root, environments, request } = setUp(folder.path, '# nothing\n');
    const { signal } = new AbortController();
    const news: string[] = [];
    const both = await Promise.all([
      environments.ensure({ ...request, signal, onProgress: (message) => news.push(message) }),
      environments.ensure({ ...request, signal }),
    ]);
    assert.deepEqual(both[0], both[1]);
    assert.ok(existsSync(both[0].python));
    assert.equal(board.list().filter(({ kind }) => kind === 'environment').length, 1);
    assert.match(news[0] ?? '', /^building environment · (creating|installing)/);
    await environments.ensure({ ...request, signal });
    assert.equal(board.list().length, 1, 'nothing is built again');
    // Cut short: without its mark the folder counts for nothing.
    writeFileSync(path.join(both[0].directory, 'half'), '');
    rmSync(path.join(both[0].directory, 'ready.json'));
    await environments.ensure({ ...request, signal });
    assert.equal(existsSync(path.join(both[0].directory, 'half')), false);
    assert.equal(readdirSync(root).length, 1);
  });

  it('are not disturbed by a build that a killed tracker has left behind', { timeout: 120_000 }, async () => {
    await using folder = temporaryFolder('environment');
    const { environments, request } = setUp(folder.path, '# nothing\n');
    const { signal } = new AbortController();
    const { directory } = await environments.ensure({ ...request, signal });
    rmSync(path.join(directory, 'ready.json'));
    const orphan = spawn('sh', ['-c', 'while :; do echo x > "$1/stray"; sleep 0.02; done', 'sh', directory], {
      env: { ...variables, TRAINYARD_RUN_ID: buildMark(directory) },
      stdio: 'ignore',
    });
    const ended = once(orphan, 'exit');
    try {
      while (!existsSync(path.join(directory, 'stray'))) await sleep(10);
      await environments.ensure({ ...request, signal });
      assert.equal(existsSync(path.join(directory, 'stray')), false);
      assert.deepEqual(await ended, [null, 'SIGKILL']);
    } finally {
      orphan.kill('SIGKILL');
    }
  });

  it('tell in the resolver’s own words why they cannot be built, and leave nothing', { timeout: 120_000 }, async () => {
    await using folder = temporaryFolder('environment');
    const { board, root, environments, request } = setUp(folder.path, '--no-index\nno-such-package-at-all==9.9\n');
    const failure = environments.ensure({ ...request, signal: new AbortController().signal });
    await assert.rejects(failure, (problem: Problem) => {
      assert.match(problem.message, /requirements\.txt could not be built/);
      assert.match(
        problem.details?.join('\n') ?? '',
        /No matching distribution found for no-such-package-at-all==9\.9/,
      );
      assert.match(problem.hint ?? '', /Correct the names and versions/);
      return true;
    });
    assert.deepEqual(readdirSync(root), []);
    assert.deepEqual(
      board.list().map(({ state, hasLog }) => [state, hasLog]),
      [['failed', true]],
    );
  });

  it('are given up when the last who wanted them has gone', { timeout: 120_000 }, async () => {
    await using folder = temporaryFolder('environment');
    const { board, root, environments, request } = setUp(folder.path, '# other\nfoo\n');
    const [one, two] = [new AbortController(), new AbortController()];
    const first = environments.ensure({ ...request, signal: one.signal });
    const second = environments.ensure({ ...request, signal: two.signal });
    while (board.running === 0) await sleep(10);
    one.abort(new Error('first left'));
    await assert.rejects(first, /first left/);
    assert.equal(board.running, 1, 'the other still waits');
    two.abort(new Error('second left'));
    await assert.rejects(second, /second left/);
    while (board.running > 0) await sleep(10);
    assert.equal(board.list()[0]?.state === 'running', false);
    assert.deepEqual(readdirSync(root), []);
  });

  it('say when there is no Python to build them with', async () => {
    await using folder = temporaryFolder('environment');
    const { environments, request } = setUp(folder.path, '');
    const { signal } = new AbortController();
    await assert.rejects(environments.ensure({ ...request, signal, python: './gone/python' }), {
      code: 'invalid',
      message: /is gone/,
    });
    await assert.rejects(environments.ensure({ ...request, signal, variables: { PATH: '/nowhere' } }), {
      message: /not on PATH/,
    });
    await assert.rejects(environments.ensure({ ...request, signal, python: '/bin/false' }), {
      message: /does not run/,
    });
  });
});

describe('what an environment depends on', () => {
  it('is everything that the requirements say, with what they include', async () => {
    await using folder = temporaryFolder('requirements');
    mkdirSync(path.join(folder.path, 'more'));
    const file = path.join(folder.path, 'requirements.txt');
    writeFileSync(file, '# comment\nnumpy==1 # why\n-r more/base.txt\n-c limits.txt\n');
    writeFileSync(path.join(folder.path, 'more', 'base.txt'), 'scipy \\\n  >=1\n-r ../requirements.txt\n-e ./pkg\n');
    writeFileSync(path.join(folder.path, 'limits.txt'), 'numpy<2\n');
    const text = requirementsText(file);
    assert.equal(
      text,
      `numpy==1\n-r [\nscipy    >=1\n-e ./pkg in ${path.join(folder.path, 'more')}\n]\n-c [\nnumpy<2\n]`,
    );
    const key = { requirements: text, python: 'cpython 3.11.7 64', platform: 'linux x64' };
    assert.equal(environmentHash(key), environmentHash({ ...key }));
    assert.notEqual(environmentHash(key), environmentHash({ ...key, python: 'cpython 3.12.1 64' }));
    writeFileSync(file, '-r gone.txt\n');
    assert.throws(() => requirementsText(file), {
      message: /gone\.txt cannot be read; .*requirements\.txt includes it/,
    });
  });
});

describe('building', () => {
  const plan = {
    directory: '/e/1',
    python: '/usr/bin/python3',
    requirements: '/t/requirements.txt',
    platform: 'linux' as const,
  };

  it('is described before it is done', () => {
    const [venv, pip] = buildSteps({ ...plan, uv: undefined });
    assert.deepEqual([venv?.file, ...(venv?.args ?? [])], ['/usr/bin/python3', '-m', 'venv', '/e/1']);
    assert.deepEqual(
      [pip?.file, pip?.args.slice(0, 3), pip?.args.slice(-2), pip?.cwd],
      ['/e/1/bin/python', ['-m', 'pip', 'install'], ['-r', '/t/requirements.txt'], '/t'],
    );
    assert.deepEqual(
      buildSteps({ ...plan, uv: '/bin/uv' }).map(({ file, args }) => [file, args[0]]),
      [
        ['/bin/uv', 'venv'],
        ['/bin/uv', 'pip'],
      ],
    );
    assert.match(buildSteps({ ...plan, uv: undefined, platform: 'win32' })[1]?.file ?? '', /Scripts.python\.exe$/);
  });

  it('tells how far it is, and what may be wrong', () => {
    assert.equal(progressOf('Collecting numpy==1.26 (from -r x)'), 'collecting numpy');
    assert.equal(progressOf('  Downloading torch-2.1-cp311.whl (670 MB)'), 'downloading torch (670 MB)');
    assert.equal(progressOf('Installing collected packages: a, b'), 'installing packages');
    assert.equal(progressOf('anything else'), undefined);
    assert.match(
      buildHint('The virtual environment was not created successfully because ensurepip is not available.'),
      /apt install python3-venv/,
    );
    assert.match(buildHint('NewConnectionError: Temporary failure in name resolution'), /network/);
    assert.deepEqual(Object.keys(buildVariables({ PYTHONPATH: '/x', VIRTUAL_ENV: '/y', HTTPS_PROXY: 'p' })), [
      'HTTPS_PROXY',
      'PYTHONUNBUFFERED',
      'NO_COLOR',
    ]);
  });
});

describe('interpreters', () => {
  it('are found in the folder, conda, pyenv and on PATH', async () => {
    await using folder = temporaryFolder('interpreters');
    const program = (...parts: string[]): string => {
      const file = path.join(folder.path, ...parts);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, '#!/bin/sh\necho Python 3.9.1\n', { mode: 0o755 });
      return file;
    };
    const own = program('train', 'myenv', 'bin', 'python');
    writeFileSync(path.join(folder.path, 'train', 'myenv', 'pyvenv.cfg'), '');
    const conda = program('conda', 'envs', 'ml', 'bin', 'python');
    const pyenv = program('pyenv', 'versions', '3.9.1', 'bin', 'python');
    const named = program('bin', 'python3');
    const env = {
      PATH: path.join(folder.path, 'bin'),
      CONDA_EXE: path.join(folder.path, 'conda', 'bin', 'conda'),
      PYENV_ROOT: path.join(folder.path, 'pyenv'),
    };
    const found = await findInterpreters(path.join(folder.path, 'train'), env, 'linux');
    const mine = found.filter((each) => each.path.startsWith(folder.path));
    assert.deepEqual(
      mine.map((each) => [each.path, each.source, each.version]),
      [
        [own, 'folder', '3.9.1'],
        [conda, 'conda', '3.9.1'],
        [pyenv, 'pyenv', '3.9.1'],
        [named, 'PATH', '3.9.1'],
      ],
    );
  });
});
