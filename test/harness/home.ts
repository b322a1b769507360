import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { endProcess, isAlive } from './processes.ts';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  dispose(): Promise<void>;
}

/** A private folder (mode 0700) that is removed with everything in it. */
export function temporaryFolder(prefix: string): TemporaryFolder {
  const folder = mkdtempSync(path.join(os.tmpdir(), `trainyard-${prefix}-`));
  const dispose = () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return { path: folder, dispose, [Symbol.asyncDispose]: dispose };
}

/**
 * A home of its own for one test. Disposing it ends the tracker that was started in it: the tracker is detached on
 * purpose, so nothing else would.
 */
export function temporaryHome(): TemporaryFolder {
  const folder = temporaryFolder('home');
  const dispose = async () => {
    await stopTracker(folder.path);
    await folder.dispose();
  };
  return { path: folder.path, dispose, [Symbol.asyncDispose]: dispose };
}

/** Ends the tracker of a home, found by its discovery file. Nothing happens when there is none. */
export async function stopTracker(home: string): Promise<void> {
  const pid = trackerPid(home);
  if (pid !== undefined && isAlive(pid)) await endProcess(pid);
}

/** The process of a home's tracker as its discovery file says, dead or alive. */
export function trackerPid(home: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(path.join(home, 'tracker.json'), 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}
