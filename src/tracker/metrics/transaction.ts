import type { Database } from 'better-sqlite3';
import type { MetricStore } from './metricStore.ts';

/**
 * Runs `work` in a transaction of its own, with the store's calls around the commit in the order that it needs.
 * @throws whatever `work` or the commit threw, after everything was taken back; a commit that failed may have landed.
 */
export function transact<T>(db: Database, store: MetricStore, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  let result: T;
  try {
    result = work();
    store.beforeCommit();
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    store.rolledBack();
    throw error;
  }
  store.committed();
  return result;
}
