import type { Db } from './database.ts';

/** Prepares a module's statements once for each database, at first use, and forgets them with the database. */
export function statements<T extends object>(prepare: (db: Db) => T): (db: Db) => T {
  const known = new WeakMap<Db, T>();
  return (db) => {
    let made = known.get(db);
    if (made === undefined) {
      made = prepare(db);
      known.set(db, made);
    }
    return made;
  };
}
