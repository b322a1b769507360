import type { ScanEntry } from './types.ts';

export interface SizedPath {
  path: string;
  /** Bytes. */
  bytes: number;
  /** Files in it; 1 for a file. */
  files: number;
}

export interface Suggestion extends SizedPath {
  type: 'file' | 'dir';
  /** Why it may be left out, for showing. */
  why: string;
}

interface FolderSize extends SizedPath {
  hasCode: boolean;
}

const CODE =
  /\.(py|pyi|ipynb|r|rmd|jl|sh|bash|ps1|c|cc|cpp|h|hpp|cu|rs|go|java|scala|js|mjs|ts|tsx|lua|m|sql|toml|cfg|ini|ya?ml|proto)$/i;
const WORTH_BYTES = 10 * 1024 * 1024;
const WORTH_FILES = 1000;

/** The largest files, largest first. */
export function biggestFiles(entries: readonly ScanEntry[], count = 20): SizedPath[] {
  return largest(
    entries.filter((entry) => entry.type === 'file').map(({ path, size }) => ({ path, bytes: size, files: 1 })),
    count,
  );
}

/** The largest folders with all that is below them, largest first; the top itself is not among them. */
export function biggestFolders(entries: readonly ScanEntry[], count = 20): SizedPath[] {
  return largest([...folderSizes(entries).values()], count).map(({ path, bytes, files }) => ({ path, bytes, files }));
}

/** What is worth leaving out: the topmost folders without any code that are large or full, and large single files. */
export function suggestIgnores(entries: readonly ScanEntry[], count = 10): Suggestion[] {
  const folders = folderSizes(entries);
  const chosen = new Map<string, Suggestion>();
  const isCovered = (path: string): boolean => {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      if (chosen.has(path.slice(0, cut))) return true;
    }
    return false;
  };
  for (const path of [...folders.keys()].sort()) {
    const folder = folders.get(path);
    if (folder === undefined || folder.hasCode || isCovered(path)) continue;
    if (folder.bytes < WORTH_BYTES && folder.files < WORTH_FILES) continue;
    const { bytes, files } = folder;
    chosen.set(path, { path, bytes, files, type: 'dir', why: `no code, ${files} files` });
  }
  for (const { type, path, size } of entries) {
    if (type !== 'file' || size < WORTH_BYTES || isCovered(path)) continue;
    chosen.set(path, { path, bytes: size, files: 1, type: 'file', why: 'a large file' });
  }
  return largest([...chosen.values()], count);
}

function folderSizes(entries: readonly ScanEntry[]): Map<string, FolderSize> {
  const folders = new Map<string, FolderSize>();
  for (const { type, path, size } of entries) {
    if (type !== 'file') continue;
    const hasCode = CODE.test(path);
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      const parent = path.slice(0, cut);
      const folder = folders.get(parent) ?? { path: parent, bytes: 0, files: 0, hasCode: false };
      folder.bytes += size;
      folder.files += 1;
      folder.hasCode ||= hasCode;
      folders.set(parent, folder);
    }
  }
  return folders;
}

function largest<T extends SizedPath>(paths: T[], count: number): T[] {
  return paths.sort((a, b) => b.bytes - a.bytes || b.files - a.files || (a.path < b.path ? -1 : 1)).slice(0, count);
}
