import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../../../test/harness/home.ts';
import { ActivityBoard } from '../../activities/activityBoard.ts';
import { EventHub } from '../../api/eventHub.ts';
import { Snapshotter } from '../../snapshots/snapshotter.ts';
import { openSnapshotStore } from '../../snapshots/store.ts';
import { take } from '../../snapshots/take.ts';
import { workspacePaths } from '../../workspaces/workspaceStore.ts';
import { makeExecutionCopy } from './executionCopy.ts';

class Watched extends Snapshotter {
  readonly calls: string[] = [];

  override take(...args: Parameters<Snapshotter['take']>) {
    this.calls.push('take');
    return super.take(...args);
  }

  override materialise(...args: Parameters<Snapshotter['materialise']>) {
    this.calls.push('materialise');
    return super.materialise(...args);
  }
}

async function copyOf(root: string, snapshotter: Snapshotter, snapshot?: string) {
  const paths = workspacePaths(path.join(root, 'workspace'));
  const runDirectory = fs.mkdtempSync(path.join(root, 'run-'));
  return makeExecutionCopy({
    store: { id: 'main', paths } as Parameters<typeof makeExecutionCopy>[0]['store'],
    board: new ActivityBoard(new EventHub(), path.join(root, 'logs')),
    run: 'r',
    runName: 'r',
    runDirectory,
    folder: path.join(root, 'folder'),
    outputs: [],
    snapshot,
    copy: true,
    never: [],
    snapshotter,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

describe('the copy that a run executes in', () => {
  it('is made here for few files, and in a child for many, whatever the folder holds by now', async () => {
    await using temporary = temporaryFolder('copy');
    const folder = path.join(temporary.path, 'folder');
    fs.mkdirSync(folder);
    for (let i = 0; i < 3200; i++) fs.writeFileSync(path.join(folder, `f${i}`), String(i % 7));
    const large = new Watched();
    try {
      const { snapshot } = await copyOf(temporary.path, large);
      assert.deepEqual(large.calls, ['take', 'materialise']);
      for (let i = 1; i < 3200; i++) fs.rmSync(path.join(folder, `f${i}`));

      large.calls.length = 0;
      const again = await copyOf(temporary.path, large, snapshot);
      assert.deepEqual(large.calls, ['materialise']);
      assert.equal(fs.readdirSync(again.root).length, 3200);

      large.calls.length = 0;
      const store = await openSnapshotStore(workspacePaths(path.join(temporary.path, 'workspace')).snapshots);
      const { id } = await take(folder, store);
      for (const copy of [await copyOf(temporary.path, large), await copyOf(temporary.path, large, id)]) {
        assert.deepEqual(fs.readdirSync(copy.root), ['f0']);
      }
      assert.deepEqual(large.calls, []);
    } finally {
      large.dispose();
    }
  });
});
