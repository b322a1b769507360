import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { errno, SnapshotError } from './errors.ts';
import { defaultRules, isCacheName, isEnvironmentFolder, isSecretName, looksSecret } from './ignore/builtin.ts';
import { IGNORE_FILES, readIgnoreFiles, ruleBase } from './ignore/files.ts';
import { type GitContext, gitContext } from './ignore/gitContext.ts';
import { lastMatch, type RuleList, type RuleMatch } from './ignore/rules.ts';
import { byteString, decodeName, displayName, nativePath } from './pathBytes.ts';
import { linkInside, pathProblem } from './pathRules.ts';
import { checkReadable } from './readable.ts';
import { stampOf } from './stamp.ts';
import type { IgnoredEntry, LinkOutside, Progress, ScanEntry, ScanProblem } from './types.ts';

export interface ScanOptions {
  signal?: AbortSignal;
  /** Called at most once per directory. */
  onProgress?: (progress: Progress) => void;
  /** Stops with an error beyond this many files; default 500,000. */
  maxFiles?: number;
  /** ASCII case is ignored by ignore files, as git does on Windows and macOS. */
  foldCase?: boolean;
  /** The person's global ignore file; `false` for none; asked of git when not given. */
  globalExcludes?: string | false;
  /** Leaves nothing out: no ignore files, no defaults, no secrets. For hashing data, never for snapshots. */
  everything?: boolean;
  /** Absolute directories that are never entered, such as the tracker's own home. */
  never?: readonly string[];
}

export interface Scan {
  /** The folder with links resolved. */
  folder: string;
  /** What a snapshot would hold, sorted by path (UTF-16 code units). */
  entries: ScanEntry[];
  files: number;
  /** Bytes of all files together. */
  bytes: number;
  /** Topmost ignored things that exist. */
  ignored: IgnoredEntry[];
  /** Folders and files that cannot be read: a snapshot cannot be whole while there are any. */
  unreadable: ScanProblem[];
  /** Sockets, pipes and devices, which have no content to keep. */
  special: string[];
  /** Links whose target is outside the folder. They are kept as links. */
  linksOutside: LinkOutside[];
  /** The rule above the folder that would have left all of it out, and so was not used. */
  droppedRule?: string;
}

interface Directory {
  path: string;
  lists: readonly RuleList[];
  /** A person took it back by name: if it is a virtual environment it is kept all the same. */
  wanted: boolean;
}

const LANES = 8;
const LSTAT_BATCH = 256;

/**
 * Walks a training folder the way git would and says what a snapshot of it holds. Links are never followed, nothing is
 * opened but ignore files.
 * Throws SnapshotError `folder-unusable` or `too-many-files`, and the signal's reason when aborted.
 */
export async function scan(folder: string, options: ScanOptions = {}): Promise<Scan> {
  options.signal?.throwIfAborted();
  const root = await usableFolder(folder);
  const fold = options.foldCase ?? (process.platform === 'win32' || process.platform === 'darwin');
  const outside: GitContext = options.everything ? { lists: [], prefix: '' } : await outsideRules(root, fold, options);
  const found: Scan = {
    folder: root,
    entries: [],
    files: 0,
    bytes: 0,
    ignored: [],
    unreadable: [],
    special: [],
    linksOutside: [],
  };
  if (outside.droppedBecause !== undefined) found.droppedRule = outside.droppedBecause;
  const walk = new Walk(root, outside.prefix, fold, options, found);
  await walk.run({ path: '', lists: outside.lists, wanted: true });
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  found.entries.sort(byPath);
  found.ignored.sort(byPath);
  found.unreadable.sort(byPath);
  found.special.sort();
  found.linksOutside.sort(byPath);
  return found;
}

async function outsideRules(root: string, fold: boolean, options: ScanOptions): Promise<GitContext> {
  const { globalExcludes } = options;
  const context = await gitContext(root, globalExcludes === undefined ? { fold } : { fold, globalExcludes });
  return { ...context, lists: [defaultRules(fold), ...context.lists] };
}

async function usableFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    const code = errno(error);
    const why = code === 'ENOENT' ? 'it does not exist' : `the system refuses it (${code})`;
    throw new SnapshotError('folder-unusable', `The training folder ${folder} cannot be used: ${why}.`, {
      cause: error,
    });
  }
  throw new SnapshotError('folder-unusable', `${folder} is not a folder. Choose the folder that holds the script.`);
}

class Walk {
  readonly #root: string;
  readonly #prefix: string;
  readonly #fold: boolean;
  readonly #options: ScanOptions;
  readonly #found: Scan;
  readonly #never: ReadonlySet<string>;
  readonly #stack: Directory[] = [];
  readonly #maxFiles: number;

  constructor(root: string, prefix: string, fold: boolean, options: ScanOptions, found: Scan) {
    this.#root = root;
    this.#prefix = prefix;
    this.#fold = fold;
    this.#options = options;
    this.#found = found;
    this.#never = new Set((options.never ?? []).map((path) => relative(root, path).replaceAll('\\', '/')));
    this.#maxFiles = options.maxFiles ?? 500_000;
  }

  /** Keeps a few directories in flight, the last found first, so that the list of waiting ones stays short. */
  async run(top: Directory): Promise<void> {
    this.#stack.push(top);
    let active = 0;
    await new Promise<void>((resolve, reject) => {
      let failed = false;
      const pump = (): void => {
        while (!failed && active < LANES) {
          const next = this.#stack.pop();
          if (next === undefined) break;
          active += 1;
          this.#directory(next).then(
            () => {
              active -= 1;
              pump();
            },
            (error: unknown) => {
              failed = true;
              reject(error);
            },
          );
        }
        if (active === 0 && this.#stack.length === 0) resolve();
      };
      pump();
    });
  }

  async #directory(directory: Directory): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const children = await this.#read(directory.path);
    if (children === undefined) return;
    const names = new Set(children.map((child) => child.name));
    if (!directory.wanted && !this.#options.everything && isEnvironmentFolder(names)) {
      this.#found.ignored.push({ path: directory.path, type: 'dir', why: 'environment', rule: '', linkBack: true });
      return;
    }
    const lists = await this.#listsOf(directory, names);
    const kept: string[] = [];
    let empty = true;
    for (const child of children) {
      const path = directory.path === '' ? child.name : `${directory.path}/${child.name}`;
      const isDirectory = child.isDirectory();
      const match = lastMatch(lists, this.#prefix + byteString(path), isDirectory);
      if (this.#leftOut(path, child, match)) continue;
      if (isDirectory) this.#stack.push({ path, lists, wanted: match !== undefined });
      else if (child.isFile() || child.isSymbolicLink()) kept.push(path);
      else {
        this.#found.special.push(path);
        continue;
      }
      empty = false;
    }
    if (empty && directory.path !== '') this.#found.entries.push(plain('dir', directory.path, 0));
    for (let start = 0; start < kept.length; start += LSTAT_BATCH) {
      this.#options.signal?.throwIfAborted();
      await Promise.all(kept.slice(start, start + LSTAT_BATCH).map((path) => this.#leaf(path)));
    }
    this.#options.onProgress?.({ files: this.#found.files, bytes: this.#found.bytes, path: directory.path });
  }

  async #read(path: string): Promise<Dirent[] | undefined> {
    try {
      const native = nativePath(this.#root, path);
      const children = await readdir(native, { withFileTypes: true });
      // Only where a name did not decode is the directory read again as bytes.
      if (!children.some((child) => child.name.includes('\uFFFD'))) return children;
      const exact = await readdir(native, { withFileTypes: true, encoding: 'buffer' });
      return exact.map((child) => Object.assign(child, { name: decodeName(child.name) }));
    } catch (error) {
      if (errno(error) === 'ENOENT' && path !== '') return undefined; // gone since its parent was read
      this.#unreadable(path, errno(error), 'folder');
      return undefined;
    }
  }

  async #listsOf(directory: Directory, names: ReadonlySet<string>): Promise<readonly RuleList[]> {
    if (this.#options.everything || !IGNORE_FILES.some((name) => names.has(name))) return directory.lists;
    const base = this.#prefix + ruleBase(directory.path);
    const own = await readIgnoreFiles({ root: this.#root, relative: directory.path, base, names }, this.#fold);
    for (const problem of own.problems) this.#unreadable(problem.path, problem.code, 'ignore file');
    return [...directory.lists, ...own.lists];
  }

  /** Decides about one child, and notes it where it is left out. */
  #leftOut(path: string, child: Dirent, match: RuleMatch | undefined): boolean {
    const type = child.isDirectory() ? 'dir' : child.isSymbolicLink() ? 'symlink' : 'file';
    const note = (why: IgnoredEntry['why'], rule: string, linkBack: boolean): true => {
      this.#found.ignored.push({ path, type, why, rule, linkBack });
      return true;
    };
    if (this.#options.everything) return false;
    if (child.name === '.git') return note('git', '', false);
    if (this.#never.has(path)) return note('default', '', false);
    if (isSecretName(child.name)) return note('secret', '', true);
    if (match === undefined || match.rule.negative) return false;
    const builtIn = match.list.source === 'built-in';
    const why = !builtIn ? 'rule' : looksSecret(child.name) ? 'secret' : 'default';
    const rule = builtIn ? match.rule.pattern : `${match.list.source}:${match.rule.line}`;
    return note(why, rule, !isCacheName(child.name));
  }

  async #leaf(path: string): Promise<void> {
    const native = nativePath(this.#root, path);
    try {
      const stats = await lstat(native, { bigint: true });
      if (stats.isSymbolicLink()) await this.#link(path, native);
      else if (stats.isFile()) await this.#file(path, native, stats);
    } catch (error) {
      if (errno(error) === 'ENOENT') return; // gone since its directory was read
      if (errno(error) === '') throw error;
      this.#unreadable(path, errno(error), 'file');
    }
  }

  async #file(path: string, native: string | Buffer, stats: BigIntStats): Promise<void> {
    const problem = pathProblem(path);
    if (problem !== undefined) {
      this.#found.unreadable.push({ path, code: 'ENAME', message: `${displayName(path)} cannot be kept: ${problem}.` });
      return;
    }
    const refused = await checkReadable(native, stats);
    if (refused !== undefined) this.#unreadable(path, refused, 'file');
    const size = Number(stats.size);
    this.#found.files += 1;
    this.#found.bytes += size;
    if (this.#found.files > this.#maxFiles) {
      const message = `The folder holds more than ${this.#maxFiles} files. Leave some out with .trainyardignore (the preview names the largest folders), or choose a smaller folder.`;
      throw new SnapshotError('too-many-files', message);
    }
    this.#found.entries.push({
      type: 'file',
      path,
      size,
      mtimeMs: Number(stats.mtimeMs),
      executable: (stats.mode & 0o100n) !== 0n,
      target: '',
      stamp: stampOf(stats),
    });
  }

  async #link(path: string, native: string | Buffer): Promise<void> {
    const target = decodeName(await readlink(native, { encoding: 'buffer' }));
    if (linkInside(path, target) === undefined) this.#found.linksOutside.push({ path, target });
    this.#found.entries.push({ ...plain('symlink', path, 0), target });
  }

  #unreadable(path: string, code: string, what: string): void {
    const shown = displayName(path === '' ? '.' : path);
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission is denied' : `the system says ${code}`;
    const message = `The ${what} ${shown} cannot be read: ${why}. Change its permissions or leave it out with .trainyardignore.`;
    this.#found.unreadable.push({ path, code, message });
  }
}

function plain(type: 'dir' | 'symlink', path: string, size: number): ScanEntry {
  return { type, path, size, mtimeMs: 0, executable: false, target: '', stamp: '' };
}
