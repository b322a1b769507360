import type { Db } from '../store/database.ts';
import { statements } from '../store/statements.ts';

const prepared = statements((db) => db.prepare('SELECT parent FROM run WHERE id = ?').pluck());

/** Whether a run is another or one of its descendants. */
export function isInTree(db: Db, run: string, ancestor: string): boolean {
  const seen = new Set<string>();
  for (let current: string | null | undefined = run; current; ) {
    if (current === ancestor) return true;
    if (seen.has(current)) return false;
    seen.add(current);
    current = prepared(db).get(current) as string | null | undefined;
  }
  return false;
}
