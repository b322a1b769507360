import path from 'node:path';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import { matchesAny } from './glob.ts';

/** The configurations that a saved file belongs to, of those that are switched on. */
export function watching(all: readonly StoredConfiguration[], file: string): StoredConfiguration[] {
  return all.filter(({ folder, value }) => {
    if (!value?.onSave?.enabled) return false;
    const relative = path.relative(folder, file);
    if (relative.startsWith('..') || path.isAbsolute(relative)) return false;
    return matchesAny(relative.split(path.sep).join('/'), value.onSave.watch ?? [value.script, '**/*.py']);
  });
}
