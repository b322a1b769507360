import { rm } from 'node:fs/promises';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { ActivityBoard } from '../../activities/activityBoard.ts';
import { type LinkBack, linksBack } from '../../snapshots/linkBack.ts';
import { materialise } from '../../snapshots/materialise.ts';
import { scan } from '../../snapshots/scan.ts';
import { openSnapshotStore, type SnapshotStore } from '../../snapshots/store.ts';
import { take } from '../../snapshots/take.ts';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import { slowActivity } from '../slowActivity.ts';

export interface CopyRequest {
  readonly store: WorkspaceStore;
  readonly board: ActivityBoard;
  readonly run: string;
  readonly runName: string;
  readonly runDirectory: string;
  readonly folder: string;
  /** Patterns of outputs: what they name is made new in the copy and not linked back. */
  readonly outputs: readonly string[];
  /** A snapshot that exists, for a retry; else the folder as it is now becomes one. */
  readonly snapshot?: string | undefined;
  /** False runs in the folder itself: the snapshot is kept, no copy is made. */
  readonly copy: boolean;
  /** Folders never looked into, such as the home of the tracker. */
  readonly never: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

export interface ExecutionCopy {
  readonly snapshot: string;
  /** Where the script runs: the copy, or the folder. */
  readonly root: string;
  readonly links: readonly LinkBack[];
}

/** Takes the snapshot of the folder where there is none yet, and makes the run's own copy of it. */
export async function makeExecutionCopy(request: CopyRequest): Promise<ExecutionCopy> {
  const { store, board, run, runName, folder, signal } = request;
  const snapshots = await openSnapshotStore(store.paths.snapshots);
  const subject = { kind: 'run', id: run };
  const options = { kind: 'snapshot', title: `Snapshot for ${runName}`, workspace: store.id, subject };
  return slowActivity(board, options, signal, async (control) => {
    const report = (files: number): void => {
      const message = `${files.toLocaleString('en')} files`;
      control.report(message);
      request.onProgress(`taking a snapshot · ${message}`);
    };
    const { snapshot, ignored } = await snapshotOf(request, snapshots, control.signal, report);
    const except = request.outputs.map(fixedPart).filter((part) => part !== '');
    const links = linksBack(ignored, folder, { except });
    if (!request.copy) return { snapshot, root: folder, links: [] };
    const root = path.join(request.runDirectory, RUN_FILES.code);
    // Left over from an attempt that was cut short; the run has not started, so nothing of it is worth keeping.
    await rm(root, { recursive: true, force: true });
    await materialise(snapshots, snapshot, root, { signal: control.signal, links, folder });
    return { snapshot, root, links };
  });
}

async function snapshotOf(
  request: CopyRequest,
  snapshots: SnapshotStore,
  signal: AbortSignal,
  report: (files: number) => void,
) {
  const { folder, never } = request;
  const onProgress = ({ files }: { files: number }): void => report(files);
  if (request.snapshot === undefined) {
    const taken = await take(folder, snapshots, { signal, never, onProgress });
    return { snapshot: taken.id, ignored: taken.ignored };
  }
  // The code is that of the snapshot, but data and environments are where they always were, if they still are.
  const scanned = await scan(folder, { signal, never, onProgress }).catch(() => undefined);
  return { snapshot: request.snapshot, ignored: scanned?.ignored ?? [] };
}

/** The part of a pattern before its first wildcard: `checkpoints/**` names the folder `checkpoints`. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  return (wild < 0 ? parts : parts.slice(0, wild)).join('/');
}
