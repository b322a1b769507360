// How long snapshots of a folder of 10,000 files take, beside git on the same files. `node bench/snapshots.ts [--json FILE]`
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { materialise } from '../src/tracker/snapshots/materialise.ts';
import { preview } from '../src/tracker/snapshots/preview.ts';
import { openSnapshotStore } from '../src/tracker/snapshots/store.ts';
import { take } from '../src/tracker/snapshots/take.ts';
import { type BenchRecord, report } from './table.ts';

const FILES = 10_000;
const quiet = { globalExcludes: false } as const;
const root = mkdtempSync(join(tmpdir(), 'bench-snapshots-'));
const folder = join(root, 'folder');
const records: BenchRecord[] = [];

try {
  for (let i = 0; i < FILES; i += 1) {
    const directory = join(folder, `package${i % 100}`, `part${Math.floor(i / 100) % 10}`);
    if (i < 1000) mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file${i}.py`), `# ${i}\n`.repeat(50 + (i % 400)));
  }
  const store = await openSnapshotStore(join(root, 'store'));
  await sleep(200); // so that the files are clearly older than their hashes
  await measure('first snapshot, durable', () => take(folder, store, quiet), git('add', '-A'));
  await measure('unchanged snapshot', () => take(folder, store, quiet), git('add', '-A'), 5);
  writeFileSync(join(folder, 'package1/part1/file101.py'), 'changed');
  await measure('snapshot with one file changed', () => take(folder, store, quiet), git('add', '-A'));
  await measure('preview', () => preview(folder, quiet), git('status', '--porcelain'), 3);
  const { id } = await take(folder, store, quiet);
  const copy = join(root, 'copy');
  await measure(
    'copy for a run',
    () => materialise(store, id, copy),
    git('checkout-index', '-a', `--prefix=${join(root, 'peer')}/`),
  );
  report(`Snapshots of ${FILES} files (peer: git)`, records);
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** The best of some runs, as the rest is the machine's other work. */
async function measure(name: string, work: () => Promise<unknown>, peer: () => void, times = 1): Promise<void> {
  let [best, bestPeer] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < times; i += 1) {
    best = Math.min(best, await milliseconds(work));
    bestPeer = Math.min(bestPeer, await milliseconds(async () => peer()));
  }
  records.push({ name, unit: 'ms', value: best, peer: bestPeer, ratio: bestPeer / best });
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** git on the same folder, with its repository outside of it. */
function git(...args: string[]): () => void {
  const run = (...all: string[]) =>
    execFileSync('git', [`--git-dir=${join(root, 'git')}`, `--work-tree=${folder}`, ...all], {
      stdio: 'ignore',
      cwd: folder,
    });
  return () => {
    run('init', '-q');
    run(...args);
  };
}
