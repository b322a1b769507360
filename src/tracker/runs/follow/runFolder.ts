import fs from 'node:fs';
import path from 'node:path';
import {
  type ExitRecord,
  type ProcessRecord,
  parseExitFileName,
  parseExitRecord,
  parseProcessRecord,
  RUN_FILES,
} from '../../../shared/runDirectory.ts';
import { isAlive } from '../wrapper/processIdentity.ts';

/** How the wrapper said that the command ended: its record, or, where the disk was full, only the status. */
export type FoundExit = { readonly record: ExitRecord } | { readonly status: number };

/** The exit record of a run, undefined while there is none. A torn one counts as none. */
export function readExit(directory: string): FoundExit | undefined {
  const text = readText(path.join(directory, RUN_FILES.exit));
  if (text !== undefined) {
    const parsed = parseExitRecord(text);
    if ('value' in parsed) return { record: parsed.value };
  }
  for (const name of listOf(directory)) {
    const status = parseExitFileName(name);
    if (status !== undefined) return { status };
  }
  return undefined;
}

export function readProcessRecord(directory: string, name: 'wrapper' | 'child'): ProcessRecord | undefined {
  const text = readText(path.join(directory, RUN_FILES[name]));
  if (text === undefined) return undefined;
  const parsed = parseProcessRecord(text, RUN_FILES[name]);
  return 'value' in parsed ? parsed.value : undefined;
}

/** Whether the command or its wrapper lives: the same process, not one that has its number now. */
export async function isLiving(directory: string): Promise<boolean> {
  for (const name of ['child', 'wrapper'] as const) {
    const record = readProcessRecord(directory, name);
    if (record !== undefined && (await isAlive({ pid: record.pid, start: record.start, boot: record.boot })))
      return true;
  }
  return false;
}

/** Bytes of the log, 0 while there is none. */
export function logSize(directory: string): number {
  return fs.statSync(path.join(directory, RUN_FILES.output), { throwIfNoEntry: false })?.size ?? 0;
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function listOf(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}
