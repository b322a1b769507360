import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { scan } from './scan.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = 'x'): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
const paths = (entries: { path: string }[]) => entries.map((entry) => entry.path);
const quiet = { globalExcludes: false } as const;

test('finds files, links and empty directories, and follows no link', async () => {
  write('train.py', 'print(1)');
  write('src/a.py');
  mkdirSync(join(folder, 'empty/inner'), { recursive: true });
  symlinkSync('..', join(folder, 'src/loop'));
  symlinkSync('/etc/passwd', join(folder, 'outside'));
  symlinkSync('../../x', join(folder, 'src/up'));
  chmodSync(join(folder, 'train.py'), 0o755);
  const found = await scan(folder, quiet);
  assert.deepEqual(
    found.entries.map(({ type, path, size, executable, target }) => ({ type, path, size, executable, target })),
    [
      { type: 'dir', path: 'empty/inner', size: 0, executable: false, target: '' },
      { type: 'symlink', path: 'outside', size: 0, executable: false, target: '/etc/passwd' },
      { type: 'file', path: 'src/a.py', size: 1, executable: false, target: '' },
      { type: 'symlink', path: 'src/loop', size: 0, executable: false, target: '..' },
      { type: 'symlink', path: 'src/up', size: 0, executable: false, target: '../../x' },
      { type: 'file', path: 'train.py', size: 8, executable: true, target: '' },
    ],
  );
  assert.deepEqual([found.files, found.bytes], [2, 9]);
  assert.deepEqual(paths(found.linksOutside), ['outside', 'src/up']);
});

test('defaults, secrets and environments stay out and are named; a negation takes back a default, never a secret', async () => {
  for (const path of ['.git/config', '__pycache__/a.pyc', 'node_modules/x/i.js', '.env', '.env.local', '.env.example'])
    write(path);
  for (const path of [
    'key.PEM',
    'sub/id_rsa',
    'myenv/pyvenv.cfg',
    'myenv/lib/x.py',
    '.aws/credentials',
    'a.py',
    '.trainyard/run.json',
  ])
    write(path);
  write('.gitignore', '!.env.example\n!.env\n!node_modules/\n');
  const found = await scan(folder, quiet);
  assert.deepEqual(
    paths(found.entries),
    ['.env.example', '.gitignore', '.trainyard/run.json', 'a.py', 'node_modules/x/i.js', 'sub'].sort(),
  );
  const why = Object.fromEntries(found.ignored.map((entry) => [entry.path, `${entry.why} ${entry.linkBack}`]));
  assert.deepEqual(why, {
    '.aws': 'secret true',
    '.env': 'secret true',
    '.env.local': 'secret true',
    '.git': 'git false',
    __pycache__: 'default false',
    'key.PEM': 'secret true',
    myenv: 'environment true',
    'sub/id_rsa': 'secret true',
  });
});

test('the three ignore files of a directory are one list, and a deeper directory wins', async () => {
  for (const path of ['a.log', 'b.log', 'c.log', 'deep/a.log', 'deep/c.log']) write(path);
  write('.gitignore', '*.log');
  write('.amlignore', '!b.log\n!c.log');
  write('.trainyardignore', 'c.log');
  write('deep/.trainyardignore', '!a.log');
  const found = await scan(folder, quiet);
  const logs = paths(found.entries).filter((path) => path.endsWith('.log'));
  assert.deepEqual(logs, ['b.log', 'deep/a.log']);
  assert.deepEqual(
    found.ignored.map((entry) => `${entry.path} ${entry.rule}`),
    ['a.log .gitignore:1', 'c.log .trainyardignore:1', 'deep/c.log .trainyardignore:1'],
  );
});

test('inside a repository the rules above the folder count, and git itself lists the same files', async () => {
  execFileSync('git', ['init', '-q', folder]);
  write('.gitignore', '*.bin\n/train/data/\nout/\n');
  write('.git/info/exclude', 'scratch*\n');
  for (const path of [
    'train/a.py',
    'train/x.bin',
    'train/data/d.csv',
    'train/sub/data/e.csv',
    'train/scratch1',
    'train/out/o',
    'train/sub/keep.bin',
  ])
    write(path);
  write('train/sub/.gitignore', '!keep.bin\n');
  const found = await scan(join(folder, 'train'), quiet);
  const listed = execFileSync(
    'git',
    ['-C', join(folder, 'train'), '-c', 'core.excludesFile=', 'ls-files', '-z', '--others', '--exclude-standard'],
    { encoding: 'utf8' },
  );
  assert.deepEqual(paths(found.entries), listed.split('\0').filter(Boolean).sort());
});

test('a folder that is itself ignored above is taken all the same, and that is told', async () => {
  execFileSync('git', ['init', '-q', folder]);
  write('.gitignore', 'play/\n');
  write('play/a.py');
  const found = await scan(join(folder, 'play'), quiet);
  assert.deepEqual(paths(found.entries), ['a.py']);
  assert.equal(found.droppedRule, '.gitignore:1');
});

test('names survive byte for byte: newline, quotes, emoji, both Unicode forms, bytes that are no UTF-8', async () => {
  const names = [
    'new\nline',
    `q"uo'te`,
    '🚂',
    'é'.normalize('NFC'),
    'é'.normalize('NFD'),
    'back\\slash',
    '\uFFFD',
    ' lead',
    'trail ',
  ];
  for (const name of names) write(name);
  writeFileSync(
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0x61, 0xc3, 0xa9, 0xed, 0xa0, 0x80])]),
    'x',
  );
  const found = await scan(folder, quiet);
  assert.deepEqual(paths(found.entries), [...names, '\uDCFFaé\uDCED\uDCA0\uDC80'].sort());
});

test('a pipe is skipped and named, as is a socket', async () => {
  write('a.py');
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const found = await scan(folder, quiet);
  assert.deepEqual([paths(found.entries), found.special], [['a.py'], ['pipe']]);
});

test('an ignore file that is a link or a pipe is not followed, as in git', async () => {
  write('rules', '*.py\n');
  write('a.py');
  write('d/b.py');
  symlinkSync('rules', join(folder, '.gitignore'));
  execFileSync('mkfifo', [join(folder, 'd/.gitignore')]);
  const found = await scan(folder, quiet);
  assert.deepEqual(paths(found.entries), ['.gitignore', 'a.py', 'd/b.py', 'rules']);
});

test('what cannot be read is named', async () => {
  write('a.py');
  write('locked/x');
  write('secret.bin');
  chmodSync(join(folder, 'locked'), 0);
  chmodSync(join(folder, 'secret.bin'), 0);
  chmodSync(folder, 0o755);
  const found = await scanAsNobody(folder);
  chmodSync(join(folder, 'locked'), 0o755);
  assert.deepEqual(found, ['locked EACCES', 'secret.bin EACCES']);
});

/** Root may read everything, so the scan runs as another user where the tests are root's. */
async function scanAsNobody(path: string): Promise<string[]> {
  if (process.geteuid?.() !== 0) return (await scan(path, quiet)).unreadable.map((each) => `${each.path} ${each.code}`);
  process.seteuid?.(65534);
  try {
    return (await scan(path, quiet)).unreadable.map((each) => `${each.path} ${each.code}`);
  } finally {
    process.seteuid?.(0);
  }
}

test('a folder that is missing or a file is refused in words', async () => {
  write('file');
  await assert.rejects(scan(join(folder, 'none')), { code: 'folder-unusable', message: /does not exist/ });
  await assert.rejects(scan(join(folder, 'file')), { code: 'folder-unusable', message: /not a folder/ });
});

test('it can be cancelled, and stops beyond a number of files', async () => {
  for (let i = 0; i < 300; i += 1) write(`d${i % 20}/f${i}`);
  await assert.rejects(scan(folder, { ...quiet, signal: AbortSignal.abort() }), { name: 'AbortError' });
  const control = new AbortController();
  let calls = 0;
  const running = scan(folder, {
    ...quiet,
    signal: control.signal,
    onProgress: () => {
      calls += 1;
      control.abort();
    },
  });
  await assert.rejects(running, { name: 'AbortError' });
  assert.ok(calls > 0);
  await assert.rejects(scan(folder, { ...quiet, maxFiles: 100 }), { code: 'too-many-files' });
});
