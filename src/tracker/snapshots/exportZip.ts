import { createReadStream } from 'node:fs';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { loadManifest } from './manifest.ts';
import { encodeName } from './pathBytes.ts';
import { presentBlob } from './readFile.ts';
import type { SnapshotStore } from './store.ts';
import type { ManifestEntry } from './types.ts';

export interface Exported {
  entries: number;
  /** Names that a zip cannot hold (backslashes, bytes that are no UTF-8, `C:`), and what they became. */
  renamed: { path: string; name: string }[];
}

/**
 * Writes a snapshot as a zip: equal snapshots give equal bytes, whatever the day and the time zone. Links are stored as
 * links, executable bits are kept, names are UTF-8. Contents are streamed, in the order of their paths.
 * Ends `output`. Throws `not-found` or `corrupt`, the latter possibly after part was written.
 */
export async function exportZip(
  store: SnapshotStore,
  id: string,
  output: Writable,
  options: { signal?: AbortSignal } = {},
): Promise<Exported> {
  return store.lock.shared(async () => {
    const { entries } = await loadManifest(store, id);
    const zip = new ZipFile();
    const through = new PassThrough();
    zip.on('error', (error: Error) => through.destroy(error));
    const done = pipeline(zip.outputStream, through, output, options.signal ? { signal: options.signal } : {});
    // A failure while entries are still being added must not count as unhandled before it is awaited.
    done.catch(() => undefined);
    const names = new ZipNames();
    try {
      for (const entry of entries) await add(zip, store, entry, names.of(entry.path), through);
      zip.end();
    } catch (error) {
      through.destroy(error instanceof Error ? error : new Error(String(error)));
      await done.catch(() => undefined);
      throw error;
    }
    await done;
    return { entries: entries.length, renamed: names.renamed };
  });
}

async function add(zip: ZipFile, store: SnapshotStore, entry: ManifestEntry, name: string, through: PassThrough) {
  // One date for all, in local time because that is what a zip holds; clear of the oldest, which yazl cuts by time zone.
  const fixed = { mtime: new Date(1980, 1, 1), forceDosTimestamp: true };
  if (entry.type === 'dir') {
    zip.addEmptyDirectory(name, { ...fixed, mode: 0o40755 });
  } else if (entry.type === 'symlink') {
    zip.addBuffer(encodeName(entry.target), name, { ...fixed, mode: 0o120777, compress: false });
  } else {
    const blob = await presentBlob(store, entry);
    const mode = entry.executable ? 0o100755 : 0o100644;
    zip.addReadStreamLazy(name, { ...fixed, mode, size: entry.size }, (give) => {
      const stream = createReadStream(blob);
      stream.on('error', (error) => through.destroy(error));
      give(null, stream);
    });
  }
}

class ZipNames {
  readonly renamed: Exported['renamed'] = [];
  readonly #used = new Set<string>();

  of(path: string): string {
    let name = '';
    for (const char of path) {
      const code = char.codePointAt(0) ?? 0;
      const unfit = char === '\\' || (code >= 0xdc80 && code <= 0xdcff);
      name += unfit ? percent(code >= 0xdc80 ? code - 0xdc00 : code) : char;
    }
    if (/^[A-Za-z]:/.test(name)) name = name.replace(':', percent(0x3a));
    while (this.#used.has(name)) name += '_';
    this.#used.add(name);
    if (name !== path) this.renamed.push({ path, name });
    return name;
  }
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
