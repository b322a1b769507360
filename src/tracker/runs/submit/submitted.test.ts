import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { trainingFolder } from '../testing.ts';
import { gitState, parseStatus } from './git.ts';
import { interpreterFacts } from './interpreterFacts.ts';
import { onPath } from './programs.ts';
import { recordedVariables, runVariables } from './variables.ts';

describe('the environment of a run', () => {
  const request = {
    run: 'r1',
    workspace: 'main',
    runDirectory: '/home/runs/r1',
    home: '/home',
    address: 'http://127.0.0.1:1',
    token: 'ty_run_x',
    helperFolder: '/helper',
    submitted: {
      PATH: '/bin',
      PYTHONPATH: '/mine',
      MLFLOW_TRACKING_URI: 'http://mine:5000',
      VSCODE_PID: '1',
      SECRET_TOKEN: 's',
      LANG: 'C',
    },
    configured: { LANG: 'de', EXTRA: '1', DB_PASSWORD: 'p' },
  };

  it('is the submitter’s, the configuration’s and what tells the run about itself', () => {
    const found = runVariables({ ...request, virtualEnvironment: '/v' }, 'linux');
    assert.equal(found.LANG, 'de');
    assert.equal(found.SECRET_TOKEN, 's');
    assert.equal(found.PYTHONPATH, '/helper:/mine');
    assert.equal(found.PATH, '/v/bin:/bin');
    assert.equal(found.VIRTUAL_ENV, '/v');
    assert.equal(found.PYTHONUNBUFFERED, '1');
    assert.equal(found.TRAINYARD_ADDRESS, 'http://127.0.0.1:1');
    assert.equal(found.TRAINYARD_TOKEN, 'ty_run_x');
    assert.equal(found.MLFLOW_TRACKING_URI, 'http://mine:5000', 'a server of theirs stays theirs');
    assert.equal(found.VSCODE_PID, undefined);
    assert.equal(found.TRAINYARD_OUTPUTS, '/home/runs/r1/outputs');
  });

  it('is recorded only as far as it holds no secrets', () => {
    const recorded = recordedVariables(runVariables(request, 'linux'), request.configured);
    assert.deepEqual(Object.keys(recorded), [
      'EXTRA',
      'LANG',
      'PATH',
      'PYTHONPATH',
      'PYTHONUNBUFFERED',
      'TRAINYARD_OUTPUTS',
      'TRAINYARD_RUN_ID',
      'TRAINYARD_WORKSPACE',
    ]);
  });
});

describe('what is captured', () => {
  it('reads git’s state without taking locks', async () => {
    await using folder = trainingFolder({ 'sub/a.py': 'a\n', 'sub/.env': 'A=1\n', 'other.txt': 'o\n' });
    assert.equal(await gitState(folder.path), undefined);
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@x', '-C', folder.path, ...args]);
    git('init', '-q', '-b', 'trunk');
    git('add', '-A', '-f');
    git('commit', '-q', '-m', 'one');
    writeFileSync(path.join(folder.path, 'sub/a.py'), 'b\n');
    writeFileSync(path.join(folder.path, 'sub/.env'), 'A=topsecret\n');
    writeFileSync(path.join(folder.path, 'sub/new "x".py'), 'n\n');
    writeFileSync(path.join(folder.path, 'other.txt'), 'p\n');
    const state = await gitState(path.join(folder.path, 'sub'));
    assert.match(state?.commit ?? '', /^[0-9a-f]{40}$/);
    assert.equal(state?.branch, 'trunk');
    assert.deepEqual([...(state?.changed ?? [])].sort(), ['.env', 'a.py', 'new "x".py']);
    assert.match(state?.diff ?? '', /-a\n\+b/);
    assert.doesNotMatch(state?.diff ?? '', /topsecret/);
  });

  it('reads a status with unusual names', () => {
    const hash = '0'.repeat(40);
    const text = [
      `# branch.oid ${'a'.repeat(40)}`,
      '# branch.head (detached)',
      `1 .M N... 100644 100644 100644 ${hash} ${hash} a b.py`,
      '? new\nline',
    ].join('\0');
    assert.deepEqual(parseStatus(text), { commit: 'a'.repeat(40), changed: ['a b.py', 'new\nline'] });
  });

  it('asks Python for its version and packages once', async () => {
    const python = onPath('python3', { PATH: process.env.PATH ?? '' }) ?? '';
    const variables = { PATH: process.env.PATH ?? '' };
    const first = await interpreterFacts(python, variables, '/');
    assert.match(first.version ?? '', /^3\.\d+/);
    assert.equal(await interpreterFacts(python, variables, '/'), first);
    assert.deepEqual(await interpreterFacts('/no/python', {}, '/'), { packages: [] });
  });
});
