import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/harness/home.ts';
import { startTracker } from '../../../test/harness/tracker.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { setWorkspaceOfFolder, workspaceOfFolder, workspaceOfFolders } from './folderWorkspace.ts';

const workspace = (id: string, name: string, isDefault = false): Workspace => {
  return { id, name, isDefault, createdAt: 0, directory: `/${id}` };
};
const workspaces = [workspace('main', 'Main', true), workspace('research', 'My Research')];

function write(folder: string, text: string): string {
  mkdirSync(path.join(folder, '.trainyard'), { recursive: true });
  const file = path.join(folder, '.trainyard', 'folder.json');
  writeFileSync(file, text);
  return file;
}

test('a folder belongs to the default workspace unless its file, or the nearest above, names another', async () => {
  await using top = temporaryFolder('folder');
  const folder = path.join(top.path, 'a', 'b');
  mkdirSync(folder, { recursive: true });
  assert.deepEqual(workspaceOfFolder(folder, workspaces), { workspace: workspaces[0], file: undefined });
  for (const named of ['research', 'My Research', 'my research']) {
    const file = write(top.path, `{ // ours\n "workspace": ${JSON.stringify(named)}, }`);
    assert.deepEqual(workspaceOfFolder(folder, workspaces), { workspace: workspaces[1], file });
  }
  const nearer = write(folder, '{ "workspace": "default" }');
  assert.deepEqual(workspaceOfFolder(folder, workspaces), { workspace: workspaces[0], file: nearer });
  assert.equal(workspaceOfFolders(['/', top.path], workspaces).workspace.id, 'research');
  assert.equal(workspaceOfFolders([], workspaces).workspace.id, 'main');
});

test('a name that is not there, a wrong key and what is no JSON are said with the file and the way out', async () => {
  await using folder = temporaryFolder('folder');
  const refused = (text: string): string => {
    write(folder.path, text);
    try {
      workspaceOfFolder(folder.path, workspaces);
    } catch (error) {
      assert.ok(error instanceof Problem);
      assert.ok(error.message.includes(path.join(folder.path, '.trainyard', 'folder.json')), error.message);
      return `${error.message} ${error.hint ?? ''}`;
    }
    return assert.fail(text);
  };
  assert.match(refused('{ "workspace": "reserch" }'), /“reserch”, which does not exist\. Did you mean “research”\?/);
  assert.match(refused('{ "workspace": "zebra" }'), /Create it, or correct the file\./);
  assert.match(refused('{ "workspce": "main" }'), /no key “workspce”; did you mean “workspace”\?/);
  assert.match(refused('{ "workspace": 7 }'), /workspace .*string/);
  assert.match(refused('[]'), /an object in braces/);
  assert.match(refused('{\n"workspace": }'), /folder\.json:2 is not JSON/);
});

test('writing keeps comments and makes the folder; a file that says nothing any more goes', async () => {
  await using folder = temporaryFolder('folder');
  setWorkspaceOfFolder(folder.path, 'research');
  assert.equal(workspaceOfFolder(folder.path, workspaces).workspace.id, 'research');
  const file = write(folder.path, '{\n  // because\n  "workspace": "research"\n}\n');
  setWorkspaceOfFolder(folder.path, 'main');
  assert.equal(readFileSync(file, 'utf8'), '{\n  // because\n  "workspace": "main"\n}\n');
  setWorkspaceOfFolder(folder.path, undefined);
  assert.equal(existsSync(file), false);
  setWorkspaceOfFolder(folder.path, undefined);
});

test('over the API: the folder’s own, by id, as it is read again', async () => {
  await using tracker = await startTracker();
  await using folder = temporaryFolder('folder');
  const { client } = tracker;
  const made = await client.call('workspaces.create', { body: { name: 'Research' } });
  const folders = [folder.path];
  assert.equal((await client.call('folders.workspace', { body: { folders } })).workspace, 'main');
  await client.call('folders.setWorkspace', { body: { folder: folder.path, workspace: made.id } });
  const found = await client.call('folders.workspace', { body: { folders } });
  assert.deepEqual([found.workspace, found.name], [made.id, 'Research']);
  const nowhere = { folder: folder.path, workspace: 'nowhere' };
  await assert.rejects(client.call('folders.setWorkspace', { body: nowhere }), /No workspace nowhere/);
  await client.call('folders.setWorkspace', { body: { folder: folder.path } });
  assert.equal((await client.call('folders.workspace', { body: { folders } })).workspace, 'main');
});
