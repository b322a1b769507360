import { statSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import { syncDirectory } from '../../snapshots/store.ts';

/**
 * What a run that is being prepared needs beyond its row: the submitter's variables, which may be secrets and so are
 * kept in a private file (0600) until the run is started, and nowhere else.
 */
export interface Pending {
  readonly variables: Readonly<Record<string, string>>;
}

const NAME = 'pending.json';

export async function writePending(directory: string, pending: Pending): Promise<void> {
  await writeFile(path.join(directory, NAME), JSON.stringify(pending), { mode: 0o600, flush: true });
  await syncDirectory(directory);
}

/** Undefined when it was taken away already, or a crash of the machine has cut it short. */
export async function readPending(directory: string): Promise<Pending | undefined> {
  try {
    return JSON.parse(await readFile(path.join(directory, NAME), 'utf8')) as Pending;
  } catch {
    return undefined;
  }
}

/** When it was written, milliseconds since the epoch; undefined when it is not there. */
export function pendingSince(directory: string): number | undefined {
  return statSync(path.join(directory, NAME), { throwIfNoEntry: false })?.mtimeMs;
}

export async function removePending(directory: string): Promise<void> {
  await rm(path.join(directory, NAME), { force: true });
}

/** Takes away what was made for a start that will not come: the copy of the code, and everything that holds variables. */
export async function removePrepared(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const made = new Set<string>([NAME, RUN_FILES.env, RUN_FILES.envJson, RUN_FILES.code]);
  for (const name of names.filter((each) => made.has(each) || each.startsWith(`${RUN_FILES.code}.partial-`))) {
    await rm(path.join(directory, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
