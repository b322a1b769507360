import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as onnx from '../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../test/harness/home.ts';
import { root } from '../../test/harness/paths.ts';
import { startTracker, type TestTracker } from '../../test/harness/tracker.ts';
import { nearestWord } from '../shared/nearestWord.ts';
import { EXIT } from './command.ts';
import { commands } from './commands.ts';
import { table } from './output.ts';

interface Done {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('the command line, against a real tracker', () => {
  let tracker: TestTracker;
  let folder: TemporaryFolder;

  before(async () => {
    tracker = await startTracker();
    folder = temporaryFolder('cli');
    fs.writeFileSync(
      path.join(folder.path, 'train.sh'),
      'echo "epoch $1"; echo oops >&2; echo model >"$TRAINYARD_OUTPUTS/model.txt"; exit $2\n',
    );
    fs.writeFileSync(path.join(folder.path, 'slow.sh'), 'echo started; sleep 60\n');
    fs.mkdirSync(path.join(folder.path, '.trainyard'));
    fs.writeFileSync(
      path.join(folder.path, '.trainyard', 'quick.json'),
      '{ // a comment\n "script": "train.sh", "interpreter": "bash", "args": ["7", "0"], "experiment": "Quick", }',
    );
  });
  after(async () => {
    await tracker[Symbol.asyncDispose]();
    await folder.dispose();
  });

  function start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [path.join(root, 'src', 'cli', 'main.ts'), ...args], {
      cwd: folder.path,
      env: { ...process.env, TRAINYARD_HOME: tracker.home },
    });
  }

  async function finish(child: ChildProcess): Promise<Done> {
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  const cli = (...args: string[]) => finish(start(...args));

  test('train --follow shows the log and ends with the exit code of the run', async () => {
    const good = await cli('train', '--config', 'quick', '--follow');
    assert.equal(good.code, 0, good.err);
    assert.match(good.out, /^epoch 7\n/);
    assert.match(good.err, /: finished/);
    const bad = await cli('train', 'train.sh', '--interpreter', 'bash', '--follow', '--', '8', '3');
    assert.equal(bad.code, 3, bad.err);
    assert.match(bad.out, /epoch 8/);
    assert.match(bad.err, /failed · .*3/);
  });

  test('the only configuration of a folder is used; an option wins over it; --json is the run', async () => {
    const done = await cli('train', '--name', 'mine', '--tag', 'a=b', '--follow', '--json');
    assert.equal(done.code, 0, done.err);
    const run = JSON.parse(done.out) as { name: string; experiment: { name: string }; tags: Record<string, string> };
    assert.equal(run.name, 'mine');
    assert.equal(run.experiment.name, 'Quick');
    assert.equal(run.tags.a, 'b');
    assert.match(done.err, /epoch 7/);
    const shown = await cli('run', 'show', 'mine');
    assert.match(shown.out, /^Run\s+mine /);
    assert.match(shown.out, /Experiment\s+Quick/);
    const logs = await cli('logs', 'mine', '--json');
    assert.match((JSON.parse(logs.out) as { log: string }).log, /epoch 7\n/);
    assert.match((await cli('logs', 'last')).out, /epoch 7\n/);
    assert.match((await cli('runs')).out, /mine\s+Quick\s+finished/);
    const listed = JSON.parse((await cli('runs', '--json', '-e', 'Quick', '-n', '1')).out) as { runs: unknown[] };
    assert.equal(listed.runs.length, 1);
  });

  test('Ctrl-C ends the following, not the run; cancel ends it', async () => {
    const child = start('train', 'slow.sh', '--interpreter', 'bash', '--name', 'slow', '--follow');
    const done = finish(child);
    await new Promise<void>((resolve) =>
      child.stdout?.on('data', (text: string) => text.includes('started') && resolve()),
    );
    child.kill('SIGINT');
    const { code, err } = await done;
    assert.equal(code, EXIT.interrupted);
    assert.match(err, /The run goes on.*trainyard logs .* -f.*trainyard cancel/);
    const run = JSON.parse((await cli('run', 'show', 'slow', '--json')).out) as { id: string; state: string };
    assert.equal(run.state, 'running');
    const following = finish(start('logs', run.id.slice(0, -1), '--follow'));
    assert.equal((await cli('cancel', run.id, '--grace', '0.1')).code, 0);
    assert.equal((await following).code, EXIT.failed);
    assert.match((await cli('run', 'show', 'slow', '--json')).out, /"state": "cancelled"/);
  });

  test('following goes on over a restart of the tracker', async () => {
    const script = path.join(folder.path, 'wait.sh');
    const go = path.join(folder.path, 'go');
    fs.writeFileSync(script, `echo before; while ! [ -e '${go}' ]; do sleep 0.1; done; echo behind\n`);
    const child = start('train', 'wait.sh', '--interpreter', 'bash', '--follow');
    const done = finish(child);
    await new Promise<void>((resolve) =>
      child.stdout?.on('data', (text: string) => text.includes('before') && resolve()),
    );
    await tracker.kill();
    await tracker.restart();
    fs.writeFileSync(go, '');
    const { code, out, err } = await done;
    assert.equal(code, 0, err);
    assert.equal(out, 'before\nbehind\n');
  });

  test('exit codes say what went wrong: 2 usage, 3 not found, 4 unreachable, 5 refused', async () => {
    assert.equal((await cli('trian')).code, EXIT.usage);
    assert.match((await cli('trian')).err, /Did you mean `trainyard train`/);
    assert.match((await cli('runs', '--limmit', '3')).err, /Did you mean --limit/);
    assert.equal((await cli('runs', '--limit', 'x')).code, EXIT.usage);
    assert.equal((await cli('run')).code, EXIT.usage);
    assert.equal((await cli('run', 'show', 'nothing')).code, EXIT.notFound);
    assert.equal((await cli('runs', '--workspace', 'nowhere')).code, EXIT.notFound);
    assert.equal((await cli('train', '--config', 'quik')).code, EXIT.notFound);
    assert.match((await cli('train', '--config', 'quik')).err, /Did you mean quick/);
    assert.equal((await cli('tracker', 'stop', '--home', path.join(folder.path, 'none'))).code, EXIT.unreachable);
    assert.equal((await cli('workspaces', 'create', 'Main')).code, EXIT.refused);
    const json = await cli('workspaces', 'create', 'Main', '--json');
    assert.equal((JSON.parse(json.out) as { error: { code: string } }).error.code, 'conflict');
    assert.equal((await cli()).code, EXIT.usage);
    assert.equal((await cli('--help')).code, 0);
  });

  test('any route can be called by its name', async () => {
    const list = JSON.parse((await cli('api', '--json')).out) as string[];
    assert.ok(list.includes('runs.submit'));
    assert.match((await cli('api', 'audit.list', 'limit=1')).out, /"entries"/);
    assert.match((await cli('api', 'audit.list', 'limit=x')).err, /`limit` must be an integer/);
    assert.match((await cli('api', 'workspaces.create', '--body', '{"name":"By name"}')).out, /"by-name"/);
    assert.match((await cli('api', 'runs.lst')).err, /Did you mean runs.list/);
    assert.match((await cli('openapi')).out, /"openapi": "3.1.0"/);
  });

  test('env prints what a shell can evaluate; the helper can be imported there', async () => {
    const { out } = await cli('env', '--experiment', "it's");
    const shell = spawn('sh', [
      '-c',
      `${out}\nprintf '%s %s %s' "$TRAINYARD_WORKSPACE" "$TRAINYARD_EXPERIMENT" "$PYTHONPATH"`,
    ]);
    assert.match((await finish(shell)).out, /^main it's \S*python(:|$)/);
  });

  test('predict and deploy: a bare list is rows, a missing file is named, a reason is said once and no state', async () => {
    const at = (name: string) => path.join(folder.path, name);
    fs.writeFileSync(at('linear.onnx'), onnx.linear());
    fs.writeFileSync(at('rows.json'), '[[1, 2, 3]]');
    assert.equal((await cli('model', 'register', 'linear', at('linear.onnx'))).code, 0);
    const predicted = await cli('predict', 'linear', '--json', at('rows.json'));
    assert.equal(predicted.code, 0, predicted.err);
    assert.match(predicted.out, /4\.5/);
    assert.match((await cli('predict', 'linear', '--json', at('none.json'))).err, /There is no file .*none\.json\./);
    const deployed = await cli('deploy', 'linear', '--name', 'linear-api', '--kind', 'process');
    assert.equal(deployed.code, 0, deployed.err);
    assert.equal(deployed.err.split('It runs as a local process').length, 2, deployed.err);
    assert.match((await cli('deployments')).out, /linear-api +linear:1 +process +healthy +http/);
    assert.equal((await cli('deployments', 'delete', 'linear-api')).code, 0);
  });

  test('a workspace is deleted only by its name, after what it holds was said', async () => {
    await cli('workspaces', 'create', 'Short lived');
    const asked = await cli('workspaces', 'delete', 'Short lived');
    assert.equal(asked.code, EXIT.usage);
    assert.match(asked.err, /It holds 0 experiments, 0 runs/);
    assert.equal((await cli('workspaces', 'delete', 'Short lived', '--confirm', 'Short lived')).code, 0);
    assert.doesNotMatch((await cli('workspaces')).out, /Short lived/);
  });

  test('a folder that names a workspace is trained and listed there, and its file is no run configuration', async () => {
    await cli('workspaces', 'create', 'Research');
    assert.match((await cli('workspaces', 'use', 'research')).out, /belongs to Research, as .*folder\.json says/);
    const done = await cli('train', '--follow', '--json');
    assert.equal(done.code, 0, done.err);
    const { id, workspace } = JSON.parse(done.out) as { id: string; workspace: string };
    assert.equal(workspace, 'research');
    assert.equal((await cli('run', 'show', id)).code, 0);
    assert.equal((await cli('run', 'show', id, '--workspace', 'Main')).code, EXIT.notFound);
    assert.equal((await cli('train', '--config', 'folder')).code, EXIT.notFound);
    const file = path.join(folder.path, '.trainyard', 'folder.json');
    fs.writeFileSync(file, '{ "workspace": "reserch" }');
    const wrong = await cli('train');
    assert.equal(wrong.code, EXIT.notFound);
    assert.match(wrong.err, /names the workspace “reserch”.*\nDid you mean “Research”\?/);
    fs.writeFileSync(file, '{}');
    assert.match((await cli('workspaces', 'use', '--none')).out, /belongs to Main, the default workspace/);
    assert.equal(fs.existsSync(file), false);
  });

  test('doctor names what it looked at', async () => {
    const { findings } = JSON.parse((await cli('doctor', '--json')).out) as { findings: { name: string }[] };
    const names = findings.map(({ name }) => name);
    for (const name of ['Tracker', 'Node', 'Home', 'Disk', 'Python', 'Git', 'Docker', 'GPU', 'ONNX Runtime']) {
      assert.ok(names.includes(name), name);
    }
  });
});

describe('parts of the command line', () => {
  test('every command has help, and no option is named twice', () => {
    assert.equal(new Set(commands.map(({ name }) => name)).size, commands.length);
    for (const { name, summary, options = {} } of commands) {
      assert.match(summary, /^[A-Z].*\.$/, name);
      const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [short]));
      assert.equal(new Set([...shorts, 'w', 'h']).size, shorts.length + 2, name);
    }
  });

  test('tables are aligned, wide characters and control characters included', () => {
    const rows = [
      { name: '漢字', value: '1' },
      { name: 'a\u001b[31mb', value: '1000' },
    ];
    const columns = [
      { title: 'NAME', of: (row: (typeof rows)[number]) => row.name },
      { title: 'VALUE', of: (row: (typeof rows)[number]) => row.value, right: true },
    ];
    assert.equal(table(rows, columns, ''), ['NAME     VALUE', '漢字         1', 'a [31mb   1000'].join('\n'));
    assert.equal(table([], columns, 'none'), 'none');
  });

  test('the nearest word is one that was probably meant', () => {
    assert.equal(nearestWord('nmae', ['name', 'note']), 'name');
    assert.equal(nearestWord('experimant', ['experiment', 'interpreter']), 'experiment');
    assert.equal(nearestWord('zzz', ['name', 'note']), undefined);
  });
});
