import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../../shared/runDirectory.ts';
import { type ProcessEntry, type ProcessTable, readProcessTable } from './processTable.ts';
import { isSame, readProcess } from './wrapper/processIdentity.ts';

/** What is known of a run's processes. */
export interface RunTree {
  runId: string;
  /** Leads the run's session; never part of the tree, for it must live to record the end. */
  wrapper?: ProcessIdentity | undefined;
  child?: ProcessIdentity | undefined;
  /** Processes that were seen in the tree before; they stay in it even when they hide from every other rule. */
  known?: readonly ProcessIdentity[] | undefined;
}

export interface EndOptions {
  /** Between TERM and KILL, milliseconds. */
  graceMs: number;
  pollMs?: number;
  /** How long to go on with KILL before giving up on processes that the kernel does not let go. */
  killMs?: number;
}

/** All living processes of a run: the command, its descendants, its session, and daemons that left all of these. */
export async function listTree(tree: RunTree): Promise<ProcessIdentity[]> {
  return selectTree(await readProcessTable(), tree);
}

/**
 * Ends the whole tree: TERM, grace, then KILL. Processes that appear in the meantime get the same. Before each signal
 * the identity is read again, so that a reused pid is never signalled. Resolves with those that are still alive,
 * which is nobody unless the kernel holds them (uninterruptible I/O) or they belong to somebody else.
 */
export async function endTree(tree: RunTree, options: EndOptions): Promise<ProcessIdentity[]> {
  const pollMs = options.pollMs ?? 100;
  const known = new Map<string, ProcessIdentity>();
  const look = async () => {
    const alive = await listTree({ ...tree, known: [...(tree.known ?? []), ...known.values()] });
    const fresh = alive.filter((one) => !known.has(keyOf(one)));
    for (const one of fresh) known.set(keyOf(one), one);
    return { alive, fresh };
  };
  let now = await look();
  const graceEnds = performance.now() + options.graceMs;
  while (now.alive.length > 0 && performance.now() < graceEnds) {
    await signalAll(now.fresh, 'SIGTERM');
    await sleep(Math.min(pollMs, Math.max(1, graceEnds - performance.now())));
    now = await look();
  }
  const killEnds = performance.now() + (options.killMs ?? 5000);
  while (now.alive.length > 0 && performance.now() < killEnds) {
    if (process.platform !== 'win32') await freeze(now.alive, look);
    await signalAll((await look()).alive, 'SIGKILL');
    await sleep(20);
    now = await look();
  }
  return now.alive;
}

/** Stops everything until nothing new appears: a program that forks as fast as it is killed cannot fork any more. */
async function freeze(alive: ProcessIdentity[], look: () => Promise<{ fresh: ProcessIdentity[] }>): Promise<void> {
  let fresh = alive;
  for (let round = 0; round < 50 && fresh.length > 0; round++) {
    await signalAll(fresh, 'SIGSTOP');
    fresh = (await look()).fresh;
  }
}

/** Pure: who of the table belongs to the run. */
export function selectTree(table: ProcessTable, tree: RunTree): ProcessIdentity[] {
  const childrenOf = new Map<number, ProcessEntry[]>();
  for (const entry of table.entries.values()) {
    const siblings = childrenOf.get(entry.ppid);
    if (siblings === undefined) childrenOf.set(entry.ppid, [entry]);
    else siblings.push(entry);
  }
  // This process is not part of any run, even if it was started from inside one and carries its mark.
  const outside = new Set([process.pid, ...wrapperSide(table, childrenOf, tree)]);
  const selected = new Map<number, ProcessEntry>();
  const add = (entry: ProcessEntry | undefined): void => {
    if (entry === undefined || outside.has(entry.pid) || selected.has(entry.pid)) return;
    selected.set(entry.pid, entry);
    for (const child of childrenOf.get(entry.pid) ?? []) add(child);
  };
  for (const identity of [tree.child, ...(tree.known ?? [])]) {
    const entry = identity === undefined ? undefined : table.entries.get(identity.pid);
    if (entry !== undefined && identity !== undefined && isSame(entry, identity)) add(entry);
  }
  for (const entry of table.entries.values()) if (isInSession(entry, tree)) add(entry);
  for (const entry of table.entries.values()) {
    if (!selected.has(entry.pid) && table.isMarked(entry.pid, tree.runId)) add(entry);
  }
  return [...selected.values()].map(({ pid, start, boot }) => ({ pid, start, boot }));
}

/** The wrapper, and what it has beside the command: its watch, and that one's sleep. */
function wrapperSide(table: ProcessTable, childrenOf: ReadonlyMap<number, ProcessEntry[]>, tree: RunTree): Set<number> {
  const side = new Set<number>();
  if (tree.wrapper === undefined) return side;
  side.add(tree.wrapper.pid);
  const walk = (pid: number): void => {
    for (const entry of childrenOf.get(pid) ?? []) {
      const isCommand = tree.child === undefined ? table.isMarked(entry.pid, tree.runId) : entry.pid === tree.child.pid;
      if (isCommand || side.has(entry.pid)) continue;
      side.add(entry.pid);
      walk(entry.pid);
    }
  };
  walk(tree.wrapper.pid);
  return side;
}

/** A session's number is not reused while the session has members, but it may be once all are gone. */
function isInSession(entry: ProcessEntry, { wrapper, child }: RunTree): boolean {
  if (wrapper === undefined || child === undefined || wrapper.boot !== entry.boot) return false;
  const member = entry.session === wrapper.pid || (entry.session === 0 && entry.pgid === wrapper.pid);
  return member && entry.pid !== wrapper.pid && !startedBefore(entry.start, wrapper.start);
}

/** Linux' ticks compare as numbers; elsewhere the texts do not order, and the group alone must do. */
function startedBefore(a: string, b: string): boolean {
  return /^\d+$/.test(a) && /^\d+$/.test(b) && BigInt(a) < BigInt(b);
}

async function signalAll(processes: readonly ProcessIdentity[], signal: NodeJS.Signals): Promise<void> {
  for (const identity of processes) {
    const now = await readProcess(identity.pid);
    if (now === undefined || !isSame(now, identity)) continue;
    try {
      process.kill(identity.pid, signal);
    } catch {
      // It ended in between, or belongs to another user; the next look says which.
    }
  }
}

function keyOf({ pid, start, boot }: ProcessIdentity): string {
  return `${pid} ${start} ${boot}`;
}
