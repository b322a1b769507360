/** The load under which power is cut: several clients' batches, made from a seed so that both sides know them. */
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { MetricStore } from '../metricStore.ts';
import type { MetricPoint } from '../points.ts';
import { transact } from '../transaction.ts';
import { randomFrom } from './simulate.ts';

/** Small enough that seals, merges, trims and forced seals all happen within a few hundred commits. */
export const LIMITS = { sealAt: 60, maxTailPoints: 400, maxJournalBytes: 4000 };
const RUNS = ['r0', 'r1', 'r2', 'r3', 'r4'];

interface Batch {
  readonly appends: readonly { readonly run: string; readonly points: MetricPoint[] }[];
  readonly remove?: string;
  readonly flush?: readonly string[];
  readonly repeat: boolean;
}

export function batchOf(seed: number, index: number): Batch {
  const random = randomFrom(seed * 100_003 + index);
  const whole = (below: number): number => Math.floor(random() * below);
  const appends = Array.from({ length: 1 + whole(3) }, () => {
    const run = RUNS[whole(RUNS.length)] ?? 'r0';
    const step = random() < 0.1 ? whole(index + 1) : index * 10;
    const points = Array.from({ length: 1 + whole(random() < 0.1 ? 150 : 12) }, (_, i) => {
      const key = `k${whole(4)}`;
      return {
        key,
        step: step + i,
        timestamp: 1_700_000_000_000 + index * 50 + i,
        value: random() < 0.03 ? Number.NaN : random(),
      };
    });
    return { run, points };
  });
  return {
    appends,
    ...(random() < 0.02 ? { remove: RUNS[whole(RUNS.length)] ?? 'r0' } : {}),
    ...(random() < 0.05 ? { flush: RUNS.slice(0, 1 + whole(3)) } : {}),
    repeat: random() < 0.1,
  };
}

/** Writes one batch in one transaction, which also leaves the batch's number as the database's user_version. */
export function writeBatch(db: Database, store: MetricStore, seed: number, index: number): void {
  const batch = batchOf(seed, index);
  transact(db, store, () => {
    db.pragma(`user_version = ${index}`);
    if (batch.remove !== undefined) store.remove(batch.remove);
    for (const { run, points } of batch.appends) store.append(run, points);
    if (batch.flush !== undefined) store.flush(batch.flush);
  });
  // A client that did not hear the answer sends the same again; that must not change anything.
  if (batch.repeat)
    transact(db, store, () => batch.appends.forEach(({ run, points }) => void store.append(run, points)));
}

/** All that a store holds, as one hash. */
export function digest(store: MetricStore): string {
  const hash = createHash('sha1');
  for (const run of RUNS) {
    for (const info of store.series(run)) {
      const { steps, times, values } = store.read(run, info.key);
      hash.update(`${run} ${JSON.stringify(info)} ${steps.length}`);
      for (const column of [steps, times, values]) hash.update(new Uint8Array(column.slice().buffer));
    }
  }
  return hash.digest('hex');
}
