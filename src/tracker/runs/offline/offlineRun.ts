import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import { configurationFolder } from '../../../shared/folderFiles.ts';
import { parseRunSpec, RUN_FILES, type RunSpec } from '../../../shared/runDirectory.ts';

/** A run that the logging helper kept by itself, because no tracker had started its program. */
export interface OfflineRun {
  readonly folder: string;
  readonly spec: RunSpec;
  /** The same for the same run, wherever its folder is by now. */
  readonly id: string;
  /** What the helper said when the program came to its end; undefined when it was killed, or still runs. */
  readonly end: { readonly error: string | null; readonly endedMs: number } | undefined;
  /** When it last wrote something. */
  readonly lastWrittenMs: number;
}

/** File that the helper writes beside `spec.json` when the interpreter leaves in good order. */
const END_FILE = 'end.json';

/**
 * The offline runs of a folder, oldest first: of `.trainyard/offline/<name>`, of `.trainyard/offline`, or of the training
 * folder that holds it.
 *
 * @throws Problem when there is none, or the one that was named is no such folder
 */
export async function findOfflineRuns(folder: string): Promise<OfflineRun[]> {
  const named = await readOfflineRun(folder);
  if (named) return [named];
  for (const place of [folder, path.join(folder, configurationFolder, 'offline')]) {
    const names = await readdir(place).catch(() => []);
    const read = await Promise.all(names.map((name) => readOfflineRun(path.join(place, name))));
    const runs = read.filter((run) => run !== undefined);
    if (runs.length > 0) return runs.sort((a, b) => a.spec.createdMs - b.spec.createdMs);
  }
  throw new Problem('not-found', `${folder} holds no run that was made offline.`, {
    hint: 'Name a training folder, or one of the folders in its .trainyard/offline.',
  });
}

async function readOfflineRun(folder: string): Promise<OfflineRun | undefined> {
  const text = await readFile(path.join(folder, RUN_FILES.spec), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = parseRunSpec(text);
  if (!('value' in parsed)) throw new Problem('invalid', `${path.join(folder, RUN_FILES.spec)}: ${parsed.message}`);
  const spec = parsed.value;
  const hash = createHash('sha256').update(JSON.stringify([spec.runId, spec.createdMs, spec.wrapper.cwd]));
  const id = `offline-${hash.digest('hex').slice(0, 24)}`;
  return { folder, spec, id, end: await readEnd(folder), lastWrittenMs: await lastWritten(folder, spec) };
}

async function readEnd(folder: string): Promise<OfflineRun['end']> {
  try {
    const value: unknown = JSON.parse(await readFile(path.join(folder, END_FILE), 'utf8'));
    const { error, endedMs } = value as { error?: unknown; endedMs?: unknown };
    if (!Number.isSafeInteger(endedMs) || Number(endedMs) < 0) return undefined;
    return { error: typeof error === 'string' ? error.slice(0, 1000) : null, endedMs: Number(endedMs) };
  } catch {
    return undefined;
  }
}

async function lastWritten(folder: string, { createdMs }: RunSpec): Promise<number> {
  const metrics = path.join(folder, RUN_FILES.metrics);
  const names = await readdir(metrics).catch(() => []);
  const times = await Promise.all(names.map(async (name) => (await stat(path.join(metrics, name))).mtimeMs));
  return Math.round(Math.max(createdMs, ...times));
}
