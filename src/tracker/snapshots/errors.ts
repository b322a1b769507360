import { Problem } from '../../shared/api/error.ts';

export type SnapshotErrorCode =
  | 'folder-unusable'
  | 'unreadable'
  | 'too-many-files'
  | 'file-too-large'
  | 'no-space'
  | 'not-found'
  | 'corrupt'
  | 'unsafe-path'
  | 'target-exists'
  | 'name-collision'
  | 'range-not-satisfiable'
  | 'ignore-file';

/** A Problem of the snapshots. `details` and `paths` name what the message is about. */
export class SnapshotError extends Problem {
  declare readonly code: SnapshotErrorCode;
  /** Paths that the message is about, relative to the folder; possibly cut in the message, never here. */
  readonly paths: readonly string[];

  constructor(code: SnapshotErrorCode, message: string, options: { cause?: unknown; paths?: readonly string[] } = {}) {
    const paths = options.paths ?? [];
    super(code, message, { cause: options.cause, details: paths.length === 0 ? undefined : [...paths] });
    this.name = 'SnapshotError';
    this.paths = paths;
  }
}

/** The errno name of a failed system call ("ENOENT"), or '' for anything else. */
export function errno(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code))
    return error.code;
  return '';
}

/** The few first of many names, for a message. Control characters are shown escaped so that they stay on one line. */
export function someOf(paths: readonly string[], count = 3): string {
  const shown = paths.slice(0, count).map((path) => JSON.stringify(path));
  const rest = paths.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

/** Turns "disk full" into an error that says so; every other error comes back as it was. */
export function explainSpace(error: unknown, place: string): unknown {
  const code = errno(error);
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new SnapshotError(
    'no-space',
    `There is no space left in ${place} (${code}). Free some, or leave large files out with .trainyardignore. Nothing half-made was kept.`,
    { cause: error },
  );
}
