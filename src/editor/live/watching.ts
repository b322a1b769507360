import path from 'node:path';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import { matchesAny } from './glob.ts';

/** The configurations that a saved file belongs to, of those that are switched on. */
export function watching(all: readonly StoredConfiguration[], file: string): StoredConfiguration[] {
  return all.filter(({ folder, value }) => {
    if (!value?.onSave?.enabled) return false;
    const relative = path.relative(folder, file);
    if (relative.startsWith('..') || path.isAbsolute(relative)) return false;
    return matchesAny(relative.split(path.sep).join('/'), patterns(value));
  });
}

/** The file is a person's and may hold anything; Problems says what is wrong in it. */
function patterns({ script, onSave }: RunConfiguration): string[] {
  const watch: unknown = onSave?.watch ?? [script, '**/*.py'];
  return Array.isArray(watch) ? watch.filter((pattern) => typeof pattern === 'string') : [];
}
