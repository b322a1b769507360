import { type FSWatcher, watch } from 'node:fs';

export interface FolderWatch {
  close(): void;
}

/**
 * Tells of every change directly in these folders, below nothing. The system's own watches, one for each folder: they
 * tell at once and of every write, where a library that looks at each file again first would wait, and leave some out.
 *
 * @param onError a folder cannot be watched (gone, or the system has no watch left); the others still are
 */
export function watchFolders(
  folders: readonly string[],
  onChange: () => void,
  onError: (error: unknown) => void,
): FolderWatch {
  const watchers: FSWatcher[] = [];
  const change = (_event: string, name: string | null): void => {
    // Something that is still being written beside what it will replace.
    if (name?.endsWith('.tmp') !== true) onChange();
  };
  for (const folder of folders) {
    try {
      watchers.push(watch(folder, change).on('error', onError));
    } catch (error) {
      onError(error);
    }
  }
  return {
    close: () => {
      for (const watcher of watchers.splice(0)) watcher.close();
    },
  };
}
