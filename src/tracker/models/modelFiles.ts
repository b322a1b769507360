import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Problem } from '../../shared/api/error.ts';

/** A copy that is complete and on disk but has no place in the registry yet. */
export interface Staged {
  readonly folder: string;
  /** `sha256:` of the file, or, of several, of their names, sizes and hashes. */
  readonly hash: string;
  readonly bytes: number;
}

const STAGING = '.incoming-';

/**
 * The files of registered models: `<models>/<id>/<version>/`, paths that only the tracker makes. What is registered is
 * copied, so the place that it came from is never read again.
 */
export class ModelFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  folder(id: string, version: number): string {
    return path.join(this.#root, id, String(version));
  }

  /** Copies files, hashes what was copied and brings it to disk. A failure leaves nothing behind. */
  async stage(base: string, files: readonly string[], signal?: AbortSignal): Promise<Staged> {
    const folder = path.join(this.#root, `${STAGING}${randomUUID()}`);
    try {
      const copied: { name: string; bytes: number; hash: string }[] = [];
      for (const name of files) {
        signal?.throwIfAborted();
        const target = path.join(folder, ...name.split('/'));
        fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
        copied.push({ name, ...(await copyDurably(path.join(base, name), target)) });
      }
      syncFolder(folder);
      return { folder, hash: hashOf(copied), bytes: copied.reduce((sum, file) => sum + file.bytes, 0) };
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      if (signal?.aborted) throw new Problem('cancelled', 'Cancelled; nothing was registered.');
      throw toProblem(error);
    }
  }

  discard(staged: Staged): void {
    fs.rmSync(staged.folder, { recursive: true, force: true });
  }

  /** Moves a copy to its place. The row that makes it count is written after this, so a kill leaves only litter. */
  place(staged: Staged, id: string, version: number): void {
    const target = this.folder(id, version);
    fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
    // Litter of a registration that was killed before its row was written.
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(staged.folder, target);
    syncFolder(path.dirname(target));
    syncFolder(this.#root);
  }

  /** Called after the rows are gone; what a kill leaves here is swept at the next start. */
  remove(id: string, version?: number): void {
    this.#drop(...(version === undefined ? [id] : [id, String(version)]));
  }

  /** Removes what no row speaks of. `known` holds `<id>/<version>`. */
  sweep(known: ReadonlySet<string>): void {
    const ids = new Set([...known].map((place) => place.split('/')[0]));
    for (const id of names(this.#root)) {
      if (!ids.has(id)) this.remove(id);
      else
        for (const version of names(path.join(this.#root, id)))
          if (!known.has(`${id}/${version}`)) this.#drop(id, version);
    }
  }

  #drop(...place: string[]): void {
    fs.rmSync(path.join(this.#root, ...place), { recursive: true, force: true });
  }

  /**
   * A file of a version for reading.
   *
   * @throws Problem `not-found`, or `invalid` for a path that leads out
   */
  file(id: string, version: number, inner: string): string {
    const root = this.folder(id, version);
    const parts = inner.split(/[\\/]/);
    if (
      inner === '' ||
      path.isAbsolute(inner) ||
      parts.some((part) => part === '..' || part === '') ||
      inner.includes('\0')
    ) {
      throw new Problem('invalid', `${JSON.stringify(inner)} is not a path inside a model.`);
    }
    const file = path.join(root, ...parts);
    const missing = () => new Problem('not-found', `The model has no file ${JSON.stringify(inner)}.`);
    try {
      const real = fs.realpathSync(file);
      if (!real.startsWith(fs.realpathSync(root) + path.sep) || !fs.statSync(real).isFile()) throw missing();
      return real;
    } catch (error) {
      throw error instanceof Problem ? error : missing();
    }
  }
}

/** Reads once: what is hashed is what was written, whatever happens to the source meanwhile. */
async function copyDurably(source: string, target: string): Promise<{ bytes: number; hash: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const from = await open(source, 'r');
  try {
    const to = await open(target, 'wx', 0o600);
    try {
      const buffer = Buffer.allocUnsafe(1 << 20);
      for (;;) {
        const { bytesRead } = await from.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        hash.update(chunk);
        for (let done = 0; done < bytesRead; ) done += (await to.write(chunk, done)).bytesWritten;
        bytes += bytesRead;
      }
      await to.sync();
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  return { bytes, hash: hash.digest('hex') };
}

function hashOf(files: readonly { name: string; bytes: number; hash: string }[]): string {
  if (files.length === 1 && files[0]) return `sha256:${files[0].hash}`;
  const list = files.map(({ name, bytes, hash }) => `${name}\0${bytes}\0${hash}\n`).sort();
  return `sha256:${createHash('sha256').update(list.join('')).digest('hex')}`;
}

/** Brings the names in a folder to disk. Windows has no such thing and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function names(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

function toProblem(error: unknown): unknown {
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem('no-space', 'There is no space left for a copy of the model; nothing was registered.', {
      hint: 'Make room on the disk of the workspace and register it again.',
    });
  }
  if (code === 'ENOENT') return new Problem('not-found', `${file} vanished while it was copied.`);
  if (code === 'EACCES' || code === 'EPERM') return new Problem('invalid', `${file} cannot be read: ${code}.`);
  return error;
}
