import fs from 'node:fs';
import type { Home } from './home.ts';

const INTERVAL_MS = 3000;

/**
 * Notices that the home was removed, or replaced by another of the same name, under the tracker's feet: the files it
 * writes then belong to nobody, and another tracker may live in the new home.
 */
export function watchHome(home: Home, onGone: () => void): () => void {
  const before = identity(home.database);
  const timer = setInterval(() => {
    if (identity(home.database) !== before) onGone();
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}

/** By stat, not by opening: closing a second descriptor of home.db would drop the tracker's lock. */
function identity(file: string): string {
  try {
    const { dev, ino } = fs.statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return 'gone';
  }
}
