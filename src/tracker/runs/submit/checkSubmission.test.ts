import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Problem } from '../../../shared/api/error.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import { trainingFolder } from '../testing.ts';
import { checkSubmission } from './checkSubmission.ts';

const PATH = process.env.PATH ?? '';

function refusal(folder: string, configuration: RunConfiguration, variables = { PATH }): Problem {
  try {
    checkSubmission(folder, configuration, variables);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error;
  }
  return assert.fail('it was accepted');
}

describe('checking a submission', () => {
  it('finds the interpreter by the extension, the folder’s own environment first', async () => {
    await using folder = trainingFolder({
      'train.py': '',
      'run.sh': '',
      'tool.exe': '',
      '.venv/bin/python': '#!/bin/sh\n',
    });
    const program = (script: string, variables: Record<string, string> = { PATH }) =>
      checkSubmission(folder.path, { script }, variables).program;
    assert.equal(path.basename(program('run.sh') ?? ''), 'bash');
    assert.match(program('train.py') ?? '', /python3$/);
    chmodSync(path.join(folder.path, '.venv/bin/python'), 0o755);
    assert.equal(program('train.py'), path.join(folder.path, '.venv/bin/python'));
    assert.match(program('train.py', { PATH, VIRTUAL_ENV: '/other' }) ?? '', /python3$/);
    chmodSync(path.join(folder.path, 'tool.exe'), 0o755);
    assert.equal(program('tool.exe'), undefined, 'a program runs itself');
  });

  it('names the nearest file when the script is missing', async () => {
    await using folder = trainingFolder({ 'train.py': '', 'src/model.py': '' });
    assert.match(refusal(folder.path, { script: 'trian.py' }).hint ?? '', /Did you mean train\.py\?/);
    assert.match(refusal(folder.path, { script: 'model.py' }).hint ?? '', /src\/model\.py/);
    assert.match(refusal(folder.path, { script: 'train.R' }).hint ?? '', /train\.py/);
    assert.match(refusal(folder.path, { script: 'src' }).message, /is a folder/);
  });

  it('refuses what leads out of the folder', async () => {
    await using folder = trainingFolder({ 'train.py': '' });
    for (const script of ['../train.py', '/etc/passwd', 'a/../../x.py', 'a\0b']) {
      assert.equal(refusal(folder.path, { script }).code, 'invalid', script);
    }
    assert.match(
      refusal(folder.path, { script: 'train.py', workingDirectory: '..' }).message,
      /outside the training folder/,
    );
    assert.match(refusal(folder.path, { script: 'train.py', workingDirectory: 'none' }).message, /working directory/);
    const inside = checkSubmission(folder.path, { script: path.join(folder.path, 'train.py') }, { PATH });
    assert.equal(inside.script, 'train.py');
  });

  it('says what is wrong with the interpreter', async () => {
    await using folder = trainingFolder({ 'train.py': '', 'model.xyz': '', 'notes.ipynb': '' });
    const say = (configuration: Omit<RunConfiguration, 'script'>, script = 'train.py') =>
      refusal(folder.path, { script, ...configuration });
    assert.match(say({ interpreter: '/gone/python' }).message, /is gone/);
    assert.match(say({ interpreter: 'no-such-program' }).message, /not on PATH/);
    assert.match(say({ interpreter: 'python3 -u' }).message, /arguments of the script/);
    assert.match(say({ interpreter: './train.py' }).message, /cannot be executed/);
    assert.match(say({}, 'model.xyz').message, /No known interpreter runs model\.xyz/);
    assert.match(refusal(folder.path, { script: 'train.py' }, { PATH: '/nowhere' }).message, /needs python3 or python/);
  });

  it('refuses unknown targets with the nearest name, and NUL anywhere', async () => {
    await using folder = trainingFolder({ 'train.py': '' });
    assert.match(refusal(folder.path, { script: 'train.py', target: 'locl' }).hint ?? '', /"local"/);
    assert.match(refusal(folder.path, { script: 'train.py', args: ['a\0'] }).message, /NUL/);
    assert.match(
      refusal(folder.path, { script: 'train.py', environment: { requirements: 'requirments.txt' } }).message,
      /requirments\.txt is not in/,
    );
  });

  it('refuses folders that are not there, are files, or cannot be read', async () => {
    await using folder = trainingFolder({ 'train.py': '' });
    assert.equal(refusal(path.join(folder.path, 'none'), { script: 'x' }).code, 'not-found');
    assert.match(refusal(path.join(folder.path, 'train.py'), { script: 'x' }).message, /is a file/);
    assert.match(refusal('relative', { script: 'x' }).message, /absolute/);
    const closed = path.join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0o000 });
    if (process.getuid?.() !== 0) assert.equal(refusal(closed, { script: 'x' }).code, 'forbidden');
  });

  it('refuses limits of nothing', async () => {
    await using folder = trainingFolder({ 'a.sh': '' });
    const words = (resources: NonNullable<RunConfiguration['resources']>) =>
      refusal(folder.path, { script: 'a.sh', resources }).message;
    assert.match(words({ time: '0s' }), /^The time limit "0s"/);
    assert.match(words({ memory: '0 GB' }), /^The memory limit "0 GB"/);
    checkSubmission(folder.path, { script: 'a.sh', resources: { time: '1m', memory: '1 GB' } }, { PATH });
  });

  it('takes names with newlines, quotes and emoji as they are', async () => {
    const name = 'a "b" \'c\'\n🚂 $(x).py';
    await using folder = trainingFolder({ [name]: '' });
    assert.equal(checkSubmission(folder.path, { script: name }, { PATH }).scriptFile, path.join(folder.path, name));
  });
});
