import { cp, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import { isActive } from '../../../shared/runState.ts';
import type { ActivityBoard } from '../../activities/activityBoard.ts';
import type { Logger } from '../../lifecycle/log.ts';
import { copyRun } from '../../metrics/copyRun.ts';
import { audit } from '../../workspaces/audit.ts';
import type { Actor } from '../../workspaces/workspaceStore.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import type { RunServices } from '../services.ts';
import { copyRows } from './copyRows.ts';
import { copySnapshot } from './copySnapshot.ts';

export interface MoveRequest {
  readonly from: RunScope;
  readonly to: RunScope;
  readonly runs?: readonly string[] | undefined;
  /** All runs of this training folder. */
  readonly folder?: string | undefined;
  readonly actor: Actor;
  readonly board: ActivityBoard;
  readonly services: RunServices;
  readonly log: Logger;
}

export interface Moved {
  readonly moved: number;
  readonly refused: { run: string; reason: string }[];
}

/**
 * Moves runs with everything below them to another workspace. A run is whole in the target, on disk, before it is taken
 * from where it was; a kill in between leaves it in both, and moving it again goes on from there.
 */
export async function moveRuns(request: MoveRequest): Promise<Moved> {
  const { from, to, board } = request;
  if (from.store.id === to.store.id) throw new Problem('invalid', 'The runs are in this workspace already.');
  const tops = topRuns(request);
  const refused: Moved['refused'] = [];
  let moved = 0;
  const activity = { kind: 'move', title: `Moving ${tops.length} runs`, workspace: from.store.id };
  await board.run(activity, async (control) => {
    for (const [index, run] of tops.entries()) {
      control.signal.throwIfAborted();
      control.report(`${index + 1} of ${tops.length}`, index / tops.length);
      const reason = refusalOf(request, run);
      if (reason !== undefined) refused.push({ run, reason });
      else moved += await moveTree(request, run);
    }
  });
  to.notices.experiments();
  from.notices.experiments();
  return { moved, refused };
}

/** The runs asked for, without those that move with one above them. */
function topRuns({ from, runs, folder }: MoveRequest): string[] {
  const named = runs ?? [];
  const ofFolder =
    folder === undefined
      ? []
      : from.store.db
          .prepare<[string], string>('SELECT id FROM run WHERE folder = ? ORDER BY created_at')
          .pluck()
          .all(path.resolve(folder));
  const all = new Set([...named, ...ofFolder]);
  for (const run of all) from.queries.row(run, { withDeleted: true });
  const below = new Set([...all].flatMap((run) => from.queries.descendants(run)));
  return [...all].filter((run) => !below.has(run));
}

function refusalOf({ from, services }: MoveRequest, run: string): string | undefined {
  const tree = [run, ...from.queries.descendants(run)];
  for (const id of tree) {
    const row = from.queries.find(id);
    if (row && isActive(row.state)) return `${row.name} is ${row.state}; move it after its end`;
    const users = services.usersOfRun?.(from.store, id) ?? [];
    if (users.length > 0) return `in use by ${users.join(', ')}`;
  }
  const parent = from.queries.row(run, { withDeleted: true }).parent;
  return parent === null || from.queries.find(parent) === undefined
    ? undefined
    : 'it is part of another run; move that one';
}

async function moveTree(request: MoveRequest, top: string): Promise<number> {
  const { from, to, actor } = request;
  const tree = [top, ...from.queries.descendants(top)];
  for (const run of tree) {
    await copyDirectory(runDirectory(from, run), runDirectory(to, run));
    const { snapshot } = from.queries.row(run, { withDeleted: true });
    if (snapshot !== null) await copySnapshot(from.store.paths.snapshots, to.store.paths.snapshots, snapshot);
    for (const points of copyRun(from.metrics, run)) await to.store.writer.write(() => to.metrics.append(run, points));
  }
  await to.store.writer.write(() => {
    for (const run of tree) copyRows(from.store.db, to.store.db, run, (name) => to.repository.experiment(name, actor));
    to.metrics.flush(tree);
    audit(to.store.db, {
      actor,
      action: 'move',
      kind: 'run',
      subject: top,
      detail: { from: from.store.id, runs: tree.length },
    });
  });
  await from.store.writer.write(() => {
    for (const run of tree) from.repository.purge(run, actor);
    audit(from.store.db, {
      actor,
      action: 'move',
      kind: 'run',
      subject: top,
      detail: { to: to.store.id, runs: tree.length },
    });
  });
  for (const run of tree) {
    await rm(runDirectory(from, run), { recursive: true, force: true });
    from.notices.removed(run);
    to.notices.changed(run);
  }
  return tree.length;
}

/** Under another name until it is whole. */
async function copyDirectory(source: string, target: string): Promise<void> {
  const partial = `${target}.moving`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  try {
    await cp(source, partial, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, mode: 2 });
  } catch (error) {
    // A run of a client has no folder.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  await rm(target, { recursive: true, force: true });
  await rename(partial, target);
}
