// Walks, hashes and copies training folders, so that the tracker itself stays small and quick to answer.
import { type CallControl, serveChild } from '../childProcess/serveChild.ts';
import { type CollectOptions, collectGarbage } from '../snapshots/collect.ts';
import { hashInputs } from '../snapshots/inputs.ts';
import { type MaterialiseOptions, materialise } from '../snapshots/materialise.ts';
import { preview } from '../snapshots/preview.ts';
import { openSnapshotStore } from '../snapshots/store.ts';
import { type TakeOptions, take } from '../snapshots/take.ts';
import type { Progress } from '../snapshots/types.ts';
import { verifySnapshot } from '../snapshots/verify.ts';

const EVERY_MS = 100;

/** The control of a call as options. Progress is passed on ten times a second at most. */
function following({ signal, notice }: CallControl) {
  let last = 0;
  const onProgress = (progress: Progress) => {
    if (Date.now() - last < EVERY_MS) return;
    last = Date.now();
    notice(progress);
  };
  return { signal, onProgress };
}

serveChild({
  preview: ({ folder, plan }: { folder: string; plan: object }, control) =>
    preview(folder, { ...plan, ...following(control) }),
  take: async ({ folder, root, plan }: { folder: string; root: string; plan: TakeOptions }, control) =>
    take(folder, await openSnapshotStore(root), { ...plan, ...following(control) }),
  materialise: async (call: { root: string; id: string; target: string; plan: MaterialiseOptions }, control) =>
    materialise(await openSnapshotStore(call.root), call.id, call.target, { ...call.plan, ...following(control) }),
  hashInputs: async ({ paths, root, folder }: { paths: string[]; root: string; folder: string }, control) =>
    hashInputs(paths, { store: await openSnapshotStore(root), folder, ...following(control) }),
  collect: async ({ root, live, plan }: { root: string; live: string[]; plan: CollectOptions }, { signal }) =>
    collectGarbage(await openSnapshotStore(root), live, { ...plan, signal }),
  verify: async ({ root, id }: { root: string; id: string }, control) =>
    verifySnapshot(await openSnapshotStore(root), id, following(control)),
});
