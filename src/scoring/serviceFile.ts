import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isRecord } from './inputError.ts';

/**
 * What a scoring process is told, in a JSON file whose path is its only argument: in an image `/app/service.json`,
 * for a local process one in the deployment's folder.
 */
export interface ServiceFile {
  readonly model: string;
  readonly version: string;
  /** Path of the model, relative to the folder of this file, or absolute. */
  readonly file: string;
  readonly host: string;
  readonly port: number;
  readonly program: string;
  readonly maxBody?: number;
  readonly threads?: number;
  /** Where the process says how it is doing (`ServiceState`), for whoever started it. */
  readonly stateFile?: string;
  /** Where the process leaves a sign of life for `health.sh`. */
  readonly healthFile?: string;
  /** The file that stdout goes to, when the process itself must keep it small. */
  readonly logFile?: string;
}

/** The content of `stateFile`, rewritten whole at each change. */
export interface ServiceState {
  readonly pid: number;
  readonly state: 'loading' | 'ready' | 'draining' | 'failed';
  readonly port?: number;
  readonly problem?: 'port-in-use' | 'model';
  readonly message?: string;
}

/** How the process ends when it cannot serve, so that an engine's exit code tells as much as `stateFile`. */
export const EXIT_CODES = { portInUse: 98, model: 65 } as const;

/** @throws Error saying what is wrong with the file */
export function readServiceFile(file: string): ServiceFile {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isRecord(parsed)) throw new Error(`${file} holds no object.`);
  for (const key of ['model', 'version', 'file', 'host', 'program']) {
    if (typeof parsed[key] !== 'string') throw new Error(`${file}: ${key} must be a text.`);
  }
  if (!Number.isInteger(parsed.port)) throw new Error(`${file}: port must be a whole number.`);
  const service = parsed as unknown as ServiceFile;
  return { ...service, file: path.resolve(path.dirname(file), service.file) };
}
