import type { ProcessIdentity } from '../../../shared/runDirectory.ts';
import { readProcessRecord } from '../follow/runFolder.ts';
import { endTree, type RunTree } from '../processTree.ts';

export interface EndRequest {
  readonly directory: string;
  readonly run: string;
  readonly graceMs: number;
  /** Processes that were seen in the run before, and may hide from every other rule by now. */
  readonly known: readonly ProcessIdentity[];
}

/** Between two attempts at processes that the kernel does not let go. */
const AGAIN_MS = 2000;

/** What is known of the processes of a run, from what its wrapper has written. */
export function runTree(directory: string, run: string, known: readonly ProcessIdentity[] = []): RunTree {
  const wrapper = readProcessRecord(directory, 'wrapper');
  const child = readProcessRecord(directory, 'child');
  return { runId: run, wrapper, child, known };
}

/**
 * Ends everything that belongs to a run: TERM, grace, KILL. Resolves when nothing of it lives any more, however long
 * that takes: a run is not cancelled while one of its processes still writes.
 */
export async function endRunProcesses({ directory, run, graceMs, known }: EndRequest): Promise<void> {
  let left = await endTree(runTree(directory, run, known), { graceMs });
  while (left.length > 0) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS).unref());
    left = await endTree(runTree(directory, run, left), { graceMs: 0 });
  }
}
