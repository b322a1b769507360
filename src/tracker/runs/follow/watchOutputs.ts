import path from 'node:path';
import type { FolderWatch } from './watchFolders.ts';

/** Pictures and tables logged step by step are told of by their records; there may be any number of them. */
const MEDIA = 'media';
/** Deeper files are found when the run ends, or when somebody looks. */
const DEPTH = 2;

/**
 * Tells when files appear, grow or go in the outputs of a run, so that they can be looked at before it ends. A tree
 * that the script makes as it likes, on every platform: chokidar's own ground. Loaded with the first run that has one.
 */
export function watchOutputs(folder: string, onChange: () => void, onError: (error: unknown) => void): FolderWatch {
  const media = path.join(folder, MEDIA);
  let closed = false;
  const watcher = import('chokidar').then(({ watch }) => {
    if (closed) return undefined;
    const made = watch(folder, { depth: DEPTH, ignoreInitial: true, ignored: (file) => file === media });
    made.on('all', onChange);
    made.on('error', onError);
    return made;
  });
  watcher.catch(onError);
  return {
    close: () => {
      closed = true;
      // What cannot be closed was never watched, and that has been told.
      watcher.then((made) => made?.close()).catch(() => undefined);
    },
  };
}
