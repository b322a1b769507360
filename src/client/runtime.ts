import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { ownVersion } from '../shared/ownVersion.ts';
import { fromSource, programFile, programRoot } from '../shared/programFiles.ts';

/**
 * The tracker's program to start in a home: a copy of this program under `runtime/`, made once for each build, so that
 * updating or removing the extension does not pull it away from under a living tracker. From sources, the sources.
 */
export function ensureRuntime(home: string): string {
  if (fromSource) return programFile('tracker');
  const runtime = path.join(home, 'runtime');
  // Already a copy: a tracker's own child, or the command line on the path of a terminal.
  if (path.dirname(programRoot) === runtime) return programFile('tracker');
  const files = runtimeFiles(programRoot);
  const target = path.join(runtime, `${ownVersion()}-${fingerprint(programRoot, files)}`);
  if (!fs.existsSync(target)) {
    copy(programRoot, files, target);
    prune(runtime, target);
  }
  return path.join(target, 'dist', 'tracker.cjs');
}

/** Paths below the root, `/` between the parts: the bundles without the editor's own, and this platform's natives. */
export function runtimeFiles(root: string, platform = process.platform, arch = process.arch): string[] {
  const wanted = [
    'package.json',
    ...list(root, 'dist').filter((file) => !/^dist\/(?:webview\/|extension\.cjs)|\.map$/.test(file)),
    'node_modules/better-sqlite3/package.json',
    ...list(root, 'node_modules/better-sqlite3/lib'),
    ...list(root, 'node_modules/better-sqlite3/prebuilds').filter((file) =>
      [`${platform}-${arch}.node`, `${platform}musl-${arch}.node`].includes(path.posix.basename(file)),
    ),
    'node_modules/onnxruntime-node/package.json',
    ...list(root, 'node_modules/onnxruntime-node/dist').filter((file) => file.endsWith('.js')),
    ...list(root, 'node_modules/onnxruntime-node/bin').filter((file) => file.includes(`/${platform}/${arch}/`)),
    'node_modules/onnxruntime-common/package.json',
    ...list(root, 'node_modules/onnxruntime-common/dist/cjs').filter((file) => /\.(?:js|json)$/.test(file)),
  ];
  return wanted.filter((file) => fs.existsSync(path.join(root, file)));
}

/** Two builds of one version are told apart by size and time of their files, which costs no reading. */
function fingerprint(root: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = fs.statSync(path.join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 10);
}

/** Whole or not at all: into a folder of another name, then renamed. Another client may win the race; both are equal. */
function copy(root: string, files: readonly string[], target: string): void {
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    for (const file of files) {
      const to = path.join(temporary, file);
      fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
      place(path.join(root, file), to);
    }
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    if (!fs.existsSync(target)) throw error;
  }
}

/**
 * Old copies go when a new one has been made, but not the latest before it: a wrapper of a living run, or a tracker that
 * is about to hand over, may still be using that.
 */
function prune(runtime: string, newest: string): void {
  const others = fs
    .readdirSync(runtime)
    .filter((name) => /^\d+\.\d+\.\d+/.test(name) && path.join(runtime, name) !== newest)
    .map((name) => ({ folder: path.join(runtime, name), time: fs.statSync(path.join(runtime, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { folder } of others.slice(1)) {
    try {
      fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // In use on a system that locks open files; the next one tries again.
    }
  }
}

/**
 * Packages are linked where the file system can, which is instant and takes no room for the large libraries: nobody
 * writes into an installed package, a new one gets new files. Bundles are copied, for a build does overwrite them.
 */
function place(from: string, to: string): void {
  if (from.includes(`${path.sep}node_modules${path.sep}`)) {
    try {
      fs.linkSync(from, to);
      return;
    } catch {
      // Another file system, or one without hard links.
    }
  }
  fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
}

function list(root: string, folder: string): string[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(path.join(root, folder), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const inside = `${folder}/${entry.name}`;
    return entry.isDirectory() ? list(root, inside) : entry.isFile() ? [inside] : [];
  });
}
