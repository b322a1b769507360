import { join } from 'node:path';
import type { IgnoredEntry } from './types.ts';

/** A path of a run's copy that is to be a link to the person's own data. */
export interface LinkBack {
  /** Below the copy. */
  path: string;
  /** Absolute. */
  source: string;
  type: 'file' | 'dir';
}

/**
 * Which ignored paths a run's copy links back to: all that exist but caches and repository data, and but for what `except`
 * names (declared outputs, which must be made new in the copy), lies below, or lies above.
 */
export function linksBack(
  ignored: readonly IgnoredEntry[],
  folder: string,
  options: { except?: readonly string[] } = {},
): LinkBack[] {
  const except = (options.except ?? []).map((path) =>
    path.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, ''),
  );
  const overlaps = (path: string) =>
    except.some((other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`));
  return ignored
    .filter((entry) => entry.linkBack && !overlaps(entry.path))
    .map(({ path, type }) => ({ path, source: join(folder, path), type: type === 'dir' ? 'dir' : 'file' }));
}
