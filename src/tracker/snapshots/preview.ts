import { statfs } from 'node:fs/promises';
import { displayName, isUndecodable } from './pathBytes.ts';
import { type NameCollision, nameCollisions, windowsNameProblem } from './pathRules.ts';
import { type Scan, type ScanOptions, scan } from './scan.ts';
import { biggestFiles, biggestFolders, type SizedPath, type Suggestion, suggestIgnores } from './sizes.ts';

export interface PreviewLimits {
  /** Bytes of the whole folder, and of one file, and number of files, from which on a warning is due. */
  bytes: number;
  fileBytes: number;
  files: number;
}

export const DEFAULT_LIMITS: PreviewLimits = { bytes: 100 * 1024 ** 2, fileBytes: 1024 ** 3, files: 10_000 };

export type WarningKind =
  | 'large'
  | 'large-file'
  | 'many-files'
  | 'no-space'
  | 'unreadable'
  | 'secrets'
  | 'special'
  | 'names'
  | 'links'
  | 'parent-rule';

export interface PreviewWarning {
  kind: WarningKind;
  text: string;
  paths: string[];
}

/** All that a scan tells but the entries themselves, of which there may be hundreds of thousands. */
export interface Preview extends Omit<Scan, 'entries'> {
  biggestFiles: SizedPath[];
  biggestFolders: SizedPath[];
  suggestions: Suggestion[];
  /** Names that may hold a secret and so are left out, whatever the ignore files say. */
  secrets: string[];
  collisions: NameCollision[];
  /** Names with control characters or bytes that are no UTF-8. */
  oddNames: string[];
  /** Names that Windows cannot hold. */
  notOnWindows: string[];
  /** Bytes free where the snapshot would go; undefined if not asked or unknown. */
  freeBytes?: number;
  /** Whether the folder is over a limit, so that somebody should look before the first submit. */
  isLarge: boolean;
  warnings: PreviewWarning[];
}

/** What a snapshot of the folder would hold, before one is taken. Throws what scan throws. */
export async function preview(
  folder: string,
  options: ScanOptions & { limits?: Partial<PreviewLimits>; storeRoot?: string } = {},
): Promise<Preview> {
  const found = await scan(folder, options);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const paths = found.entries.map((entry) => entry.path);
  const { entries: _, ...told } = found;
  const seen: Preview = {
    ...told,
    biggestFiles: biggestFiles(found.entries),
    biggestFolders: biggestFolders(found.entries),
    suggestions: suggestIgnores(found.entries),
    secrets: found.ignored.filter((entry) => entry.why === 'secret').map((entry) => entry.path),
    collisions: nameCollisions(paths),
    oddNames: paths.filter((path) => isUndecodable(path) || /\p{Cc}/u.test(path)),
    notOnWindows: paths.filter((path) => path.split('/').some((name) => windowsNameProblem(name) !== undefined)),
    isLarge: found.bytes > limits.bytes || found.files > limits.files,
    warnings: [],
  };
  const free = options.storeRoot === undefined ? undefined : await freeBytes(options.storeRoot);
  if (free !== undefined) seen.freeBytes = free;
  const large = found.entries.filter((entry) => entry.size > limits.fileBytes).map((entry) => entry.path);
  seen.warnings = warningsOf(seen, large, limits);
  return seen;
}

async function freeBytes(path: string): Promise<number | undefined> {
  return statfs(path).then(
    (stats) => stats.bavail * stats.bsize,
    () => undefined,
  );
}

/** The warnings of a preview, as sentences; the gravest first. */
export function warningsOf(seen: Preview, largeFiles: string[], limits: PreviewLimits): PreviewWarning[] {
  const warnings: PreviewWarning[] = [];
  const warn = (kind: WarningKind, text: string, paths: string[] = []) => warnings.push({ kind, text, paths });
  const biggest = seen.biggestFolders[0] ?? seen.biggestFiles[0];
  const hint = biggest === undefined ? '' : ` ${displayName(biggest.path)} alone holds ${size(biggest.bytes)}.`;
  if (seen.unreadable.length > 0) {
    const text = `${plural(seen.unreadable.length, 'item')} cannot be read, so the folder cannot be submitted whole. Change the permissions or leave them out.`;
    warn(
      'unreadable',
      text,
      seen.unreadable.map((problem) => problem.path),
    );
  }
  if (seen.freeBytes !== undefined && seen.bytes > seen.freeBytes) {
    warn('no-space', `The folder holds ${size(seen.bytes)}, and only ${size(seen.freeBytes)} are free for snapshots.`);
  }
  if (largeFiles.length > 0) {
    const text = `${plural(largeFiles.length, 'file')} of more than ${size(limits.fileBytes)} would be copied into the first snapshot. Left out, a run still sees them by a link.`;
    warn('large-file', text, largeFiles);
  }
  if (seen.bytes > limits.bytes) warn('large', `The snapshot would hold ${size(seen.bytes)}.${hint}`);
  if (seen.files > limits.files) {
    const full = seen.biggestFolders.reduce((most, each) => (each.files > most.files ? each : most), {
      path: '',
      files: 0,
    });
    const where = full.files === 0 ? '' : ` ${displayName(full.path)} alone holds ${full.files}.`;
    warn('many-files', `The snapshot would hold ${seen.files} files.${where}`);
  }
  if (seen.secrets.length > 0) {
    const text = `${plural(seen.secrets.length, 'item')} may hold secrets and never enters a snapshot. A run on this machine still sees them by a link.`;
    warn('secrets', text, seen.secrets);
  }
  if (seen.special.length > 0) {
    warn(
      'special',
      `${plural(seen.special.length, 'socket, pipe or device', 'sockets, pipes or devices')} left out.`,
      seen.special,
    );
  }
  for (const collision of seen.collisions) {
    const differ = collision.kind === 'case' ? 'case' : 'the form of their Unicode letters';
    warn('names', `These names differ only in ${differ}: Windows and macOS take them for one.`, collision.paths);
  }
  if (seen.linksOutside.length > 0) {
    const text = `${plural(seen.linksOutside.length, 'link')} out of the folder kept as a link: what it leads to is not in the snapshot.`;
    warn(
      'links',
      text,
      seen.linksOutside.map((link) => link.path),
    );
  }
  if (seen.droppedRule !== undefined) {
    warn('parent-rule', `${seen.droppedRule} leaves out this whole folder; rules from above it are not used.`);
  }
  return warnings;
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Bytes for people, in powers of 1024: "1.5 GB". */
function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}
