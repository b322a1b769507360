import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../../test/harness/home.ts';
import { compareVersions } from '../../shared/version.ts';
import { readAddress, writeAddress } from './address.ts';
import { mountType, refuseRemoteHome, remoteKind } from './filesystem.ts';
import { readOptional, writePrivateFile } from './privateFile.ts';
import { Tokens } from './tokens.ts';

describe('tokens', () => {
  const tokens = new Tokens(Buffer.alloc(32, 7).toString('base64url'));
  const scopes = [
    { kind: 'client' },
    { kind: 'terminal', workspace: 'my-work' },
    { kind: 'run', workspace: 'my-work', run: 'a_b-C_9' },
  ] as const;

  test('say whose they are and survive a restart', () => {
    const after = new Tokens(Buffer.alloc(32, 7).toString('base64url'));
    for (const scope of scopes) assert.deepEqual(after.verify(tokens.mint(scope)), scope);
  });

  test('no part of one can be changed, and another home knows none of them', () => {
    const other = new Tokens(Buffer.alloc(32, 8).toString('base64url'));
    for (const scope of scopes) {
      const token = tokens.mint(scope);
      assert.equal(other.verify(token), undefined);
      for (let index = 0; index < token.length; index++) {
        const changed = `${token.slice(0, index)}${token[index] === 'x' ? 'y' : 'x'}${token.slice(index + 1)}`;
        assert.equal(tokens.verify(changed), undefined, changed);
      }
    }
    const run = tokens.mint({ kind: 'run', workspace: 'a', run: 'b' });
    assert.equal(tokens.verify(run.replace('_a_b_', '_a_c_')), undefined);
    for (const nonsense of ['', '_', 'ty_client', 'ty_client_', 'x'.repeat(10_000), '\u{1f600}'.repeat(44)]) {
      assert.equal(tokens.verify(nonsense), undefined);
    }
  });
});

test('versions are ordered as semver.org says', () => {
  const ordered = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.2.0',
    '1.10.0',
    '2.0.0',
  ];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries())
      assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} ${b}`);
  }
  assert.equal(compareVersions('1.0.0+1', '1.0.0+2'), 0);
});

test('an address file that cannot be understood is replaced, a good one kept', async () => {
  await using folder = temporaryFolder('address');
  const file = path.join(folder.path, 'address.json');
  const fresh = readAddress(file);
  assert.equal(fresh.port, 0);
  assert.equal(Buffer.from(fresh.key, 'base64url').length, 32);
  writeAddress(file, { ...fresh, port: 4321 });
  assert.deepEqual(readAddress(file), { ...fresh, port: 4321 });
  for (const text of ['', '{}', 'null', '{"port": "1", "key": 2}']) {
    fs.writeFileSync(file, text);
    assert.equal(readAddress(file).port, 0);
  }
});

test('a private file is written whole or not at all, and for its owner only', async () => {
  await using folder = temporaryFolder('private');
  const file = path.join(folder.path, 'secret');
  writePrivateFile(file, 'one');
  writePrivateFile(file, 'two');
  assert.equal(readOptional(file), 'two');
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  fs.mkdirSync(path.join(folder.path, 'taken'));
  assert.throws(() => writePrivateFile(path.join(folder.path, 'taken'), 'x'));
  assert.deepEqual(fs.readdirSync(folder.path).sort(), ['secret', 'taken']);
});

describe('file systems of other machines', () => {
  const mounts = [
    '22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
    '40 22 0:50 / /home/me/far\\040away rw - fuse.sshfs me@host: rw',
    '41 22 0:51 / /home/me/disk rw - fuse.ntfs-3g /dev/sdb1 rw',
  ].join('\n');

  test('are told by number, FUSE by the mount table, Windows shares by their path', () => {
    assert.equal(remoteKind('linux', '/x', 0x6969, ''), 'NFS');
    assert.equal(remoteKind('linux', '/x', 0xff534d42 | 0, ''), 'CIFS');
    assert.equal(remoteKind('linux', '/x', 0xef53, ''), undefined);
    assert.equal(remoteKind('linux', '/home/me/far away/home', 0x65735546, mounts), 'fuse.sshfs');
    assert.equal(remoteKind('linux', '/home/me/disk/home', 0x65735546, mounts), undefined);
    assert.equal(remoteKind('win32', '\\\\server\\share\\home', 0, ''), 'a network share');
    assert.equal(remoteKind('win32', 'C:\\Users\\me', 0, ''), undefined);
    assert.equal(remoteKind('win32', '\\\\?\\C:\\Users\\me', 0, ''), undefined);
  });

  test('the longest mount point counts, and only at a whole name', () => {
    assert.equal(mountType(mounts, '/home/me/disk'), 'fuse.ntfs-3g');
    assert.equal(mountType(mounts, '/home/me/disks'), 'ext4');
  });

  test('a local folder is not refused, made or not', async () => {
    await using folder = temporaryFolder('local');
    refuseRemoteHome(folder.path);
    refuseRemoteHome(path.join(folder.path, 'a', 'b'));
  });
});
