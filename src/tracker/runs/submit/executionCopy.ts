import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { ActivityBoard } from '../../activities/activityBoard.ts';
import { SnapshotError } from '../../snapshots/errors.ts';
import { type LinkBack, linksBack } from '../../snapshots/linkBack.ts';
import { materialise } from '../../snapshots/materialise.ts';
import { type Scan, type ScanOptions, scan } from '../../snapshots/scan.ts';
import type { Following, Snapshotter } from '../../snapshots/snapshotter.ts';
import { manifestPath, openSnapshotStore, type SnapshotStore } from '../../snapshots/store.ts';
import { take } from '../../snapshots/take.ts';
import type { IgnoredEntry, Progress } from '../../snapshots/types.ts';
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
  readonly snapshotter: Snapshotter;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

export interface ExecutionCopy {
  readonly snapshot: string;
  /** Where the script runs: the copy, or the folder. */
  readonly root: string;
  readonly links: readonly LinkBack[];
}

/** Below these a folder is done here and now; above, in a child that has to be started first. */
const SMALL = { files: 2000, bytes: 64 * 1024 * 1024, manifest: 256 * 1024 };

/** Takes the snapshot of the folder where there is none yet, and makes the run's own copy of it. */
export async function makeExecutionCopy(request: CopyRequest): Promise<ExecutionCopy> {
  const { store, board, run, runName, signal } = request;
  const snapshots = await openSnapshotStore(store.paths.snapshots);
  const subject = { kind: 'run', id: run };
  const options = { kind: 'snapshot', title: `Snapshot for ${runName}`, workspace: store.id, subject };
  return slowActivity(board, options, signal, (control) => {
    const onProgress = ({ files }: Progress): void => {
      const message = `${files.toLocaleString('en')} files`;
      control.report(message);
      request.onProgress(`taking a snapshot · ${message}`);
    };
    return copyOf(request, snapshots, { signal: control.signal, onProgress });
  });
}

async function copyOf(request: CopyRequest, snapshots: SnapshotStore, following: Following): Promise<ExecutionCopy> {
  const { folder } = request;
  const { snapshot, ignored, small } = await snapshotOf(request, snapshots, following);
  if (!request.copy) return { snapshot, root: folder, links: [] };
  const except = request.outputs.map(fixedPart).filter((part) => part !== '');
  const links = linksBack(ignored, folder, { except });
  const root = path.join(request.runDirectory, RUN_FILES.code);
  // Left over from an attempt that was cut short; the run has not started, so nothing of it is worth keeping.
  await removeCopies(request.runDirectory);
  const plan = { links, folder };
  if (small) await materialise(snapshots, snapshot, root, { ...plan, ...following });
  else await request.snapshotter.materialise(snapshots, snapshot, root, plan, following);
  return { snapshot, root, links };
}

/** The copy, and halves of it that a kill has left. */
async function removeCopies(directory: string): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter((each) => each === RUN_FILES.code || each.startsWith(`${RUN_FILES.code}.partial-`))) {
    await rm(path.join(directory, name), { recursive: true, force: true });
  }
}

/**
 * A larger file is data and not code: it would be stored, and copied for each run. The refusal names it and says that an
 * ignored file is linked into the copy. `TRAINYARD_MAX_FILE_GB` raises the limit.
 */
function maxFileBytes(): number {
  return (Number(process.env.TRAINYARD_MAX_FILE_GB) || 4) * 1024 ** 3;
}

interface Snapped {
  readonly snapshot: string;
  readonly ignored: readonly IgnoredEntry[];
  readonly small: boolean;
}

async function snapshotOf(request: CopyRequest, snapshots: SnapshotStore, following: Following): Promise<Snapped> {
  const { folder, never } = request;
  const scanned = await scanSmall(folder, { never, ...following });
  if (request.snapshot !== undefined) {
    // The code is that of the snapshot, but data and environments are where they always were, if they still are.
    const ignored = scanned?.ignored ?? (await ignoredOf(request, following));
    // One that is not there is said plainly when it is read.
    const { size } = await stat(manifestPath(snapshots, request.snapshot)).catch(() => ({ size: 0 }));
    return { snapshot: request.snapshot, ignored, small: size <= SMALL.manifest };
  }
  const small = scanned !== undefined && scanned.bytes <= SMALL.bytes;
  const taken = small
    ? await take(folder, snapshots, { never, scan: scanned, ...following })
    : await request.snapshotter.take(folder, snapshots, { never, maxFileSize: maxFileBytes() }, following);
  return { snapshot: taken.id, ignored: taken.ignored, small };
}

/** The scan of a folder with few files; undefined for one with many. */
async function scanSmall(folder: string, options: ScanOptions): Promise<Scan | undefined> {
  try {
    return await scan(folder, { ...options, maxFiles: SMALL.files });
  } catch (error) {
    if (error instanceof SnapshotError && error.code === 'too-many-files') return undefined;
    throw error;
  }
}

async function ignoredOf({ folder, never, snapshotter }: CopyRequest, following: Following) {
  const seen = await snapshotter.preview(folder, { never }, following).catch(() => undefined);
  return seen?.ignored ?? [];
}

/** The part of a pattern before its first wildcard: `checkpoints/**` names the folder `checkpoints`. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => /[*?[{]/.test(part));
  return (wild < 0 ? parts : parts.slice(0, wild)).join('/');
}
