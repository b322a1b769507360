import { isUndecodable } from './pathBytes.ts';

// Pure path logic: which relative paths may be in a manifest, on which system. Paths use `/` everywhere.

const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³]|conin\$|conout\$)(\..*)?$/i;
const WINDOWS_FORBIDDEN = /[<>:"|?*\\]|[^ -\uffff]/;

/**
 * Why a relative path must not be in a manifest or be written below a target, or undefined if it may. What only Windows
 * reads as special (drive letters, backslashes, devices, streams) is refused there and is a plain name elsewhere.
 */
export function pathProblem(path: string, platform: NodeJS.Platform = process.platform): string | undefined {
  if (path === '') return 'it is empty';
  if (path.includes('\0')) return 'it holds a NUL';
  if (path.startsWith('/')) return 'it is absolute';
  for (const segment of path.split('/')) {
    if (segment === '') return 'it has an empty part';
    if (segment === '.' || segment === '..') return `it has the part "${segment}"`;
    if (platform === 'win32') {
      const problem = windowsNameProblem(segment);
      if (problem !== undefined) return problem;
    }
  }
  if (platform !== 'linux' && isUndecodable(path)) return 'its name is not valid Unicode';
  return undefined;
}

/** Why Windows cannot hold a name (one part of a path), or undefined if it can. */
export function windowsNameProblem(name: string): string | undefined {
  const forbidden = WINDOWS_FORBIDDEN.exec(name);
  if (forbidden !== null) return `Windows allows no ${JSON.stringify(forbidden[0])} in names`;
  if (/[. ]$/.test(name)) return 'Windows drops a dot or space at the end of a name';
  if (WINDOWS_RESERVED.test(name)) return `${name} is a device on Windows`;
  return undefined;
}

/** The target of a link at `path`, folded (`a/../b` is `b`), or undefined where it leads out of the folder. */
export function linkInside(
  path: string,
  target: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const slashed = platform === 'win32' ? target.replaceAll('\\', '/') : target;
  if (slashed.startsWith('/') || (platform === 'win32' && /^[A-Za-z]:/.test(slashed))) return undefined;
  const parts = path.split('/').slice(0, -1);
  for (const segment of slashed.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(segment);
  }
  return parts.join('/');
}

export interface NameCollision {
  /** `case`: the same but for case (one file on Windows and macOS); `unicode`: the same but for NFC and NFD. */
  kind: 'case' | 'unicode';
  paths: string[];
}

/** Paths that would be one and the same on a file system that folds case or Unicode form. */
export function nameCollisions(paths: Iterable<string>): NameCollision[] {
  const byFold = new Map<string, string | Set<string>>();
  // A collision between folders shows at each file below; only the first part that differs is told.
  for (const path of withParents(paths)) {
    const key = path.normalize('NFC').toLowerCase();
    const seen = byFold.get(key);
    if (seen === undefined) byFold.set(key, path);
    else if (typeof seen === 'string') {
      if (seen !== path) byFold.set(key, new Set([seen, path]));
    } else seen.add(path);
  }
  const collisions: NameCollision[] = [];
  for (const seen of byFold.values()) {
    if (typeof seen === 'string') continue;
    const group = onlyAtTheirOwnLevel([...seen].sort());
    if (group.length < 2) continue;
    const composed = new Set(group.map((path) => path.normalize('NFC')));
    collisions.push({ kind: composed.size === 1 ? 'unicode' : 'case', paths: group });
  }
  return collisions;
}

function* withParents(paths: Iterable<string>): Iterable<string> {
  let lastParent = '';
  for (const path of paths) {
    yield path;
    let cut = path.lastIndexOf('/');
    const parent = cut === -1 ? '' : path.slice(0, cut);
    if (parent === lastParent) continue;
    lastParent = parent;
    for (; cut !== -1; cut = path.lastIndexOf('/', cut - 1)) {
      yield path.slice(0, cut);
      if (cut === 0) break;
    }
  }
}

function onlyAtTheirOwnLevel(paths: string[]): string[] {
  const parents = new Map<string, string[]>();
  for (const path of paths) {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    parents.set(parent, [...(parents.get(parent) ?? []), path]);
  }
  return [...parents.values()].filter((group) => group.length > 1).flat();
}
