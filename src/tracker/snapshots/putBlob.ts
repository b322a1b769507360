import { constants } from 'node:fs';
import { copyFile, type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errno } from './errors.ts';
import { type ReadOptions, readStable, type Sink, type StableRead } from './readStable.ts';
import { stampOf } from './stamp.ts';
import { blobPath, exists, type SnapshotStore, syncDirectory, temporaryPath } from './store.ts';

/** Files up to this size are held in memory while they are hashed, and written only where their content is new. */
const SMALL = 256 * 1024;

/**
 * Adds the contents of files to a store. Nothing that it added counts before `flush`, which makes all of it durable.
 * Never hard links: a person's file and a blob share no inode (they may share extents, which are copied on write).
 */
export class BlobWriter {
  readonly #store: SnapshotStore;
  readonly #options: ReadOptions;
  /** Directories to be made durable by flush, and those known to exist. */
  readonly #directories = new Set<string>();
  readonly #made = new Set<string>();
  readonly #present = new Set<string>();
  readonly #installing = new Map<string, Promise<void>>();
  /** Cleared at the first refusal: cloning works for all files of a folder and store or for none. */
  #canClone = process.platform !== 'win32';
  added = 0;
  addedBytes = 0;

  constructor(store: SnapshotStore, options: ReadOptions) {
    this.#store = store;
    this.#options = options;
  }

  async has(sha256: string): Promise<boolean> {
    if (this.#present.has(sha256)) return true;
    const path = blobPath(this.#store, sha256);
    if (!(await exists(path))) return false;
    // Its name may stem from an attempt that died before its own flush, so it is made durable with the others.
    this.#directories.add(dirname(path));
    this.#present.add(sha256);
    return true;
  }

  /** Stores the content of a file. `guess` is a content that it probably has: then it is read before it is copied. */
  async put(path: string | Buffer, size: number, guess: string | undefined): Promise<StableRead> {
    if (size <= SMALL) return this.#putSmall(path);
    if (guess !== undefined && (await this.has(guess))) {
      const read = await readStable(path, this.#options);
      if (!read.torn && (await this.has(read.sha256))) return read;
    }
    return (await this.#putClone(path)) ?? (await this.#putCopy(path));
  }

  /** After this, power may go: every new blob has its name on disk. */
  async flush(): Promise<void> {
    for (const directory of this.#directories) await syncDirectory(directory);
    if (this.#directories.size > 0) await syncDirectory(join(this.#store.root, 'blobs'));
    this.#directories.clear();
  }

  async #putSmall(path: string | Buffer): Promise<StableRead> {
    let chunks: Buffer[] = [];
    const read = await readStable(path, this.#options, {
      restart: async () => {
        chunks = [];
      },
      // The reader uses its buffer again, so a chunk that is kept must be a copy.
      write: async (chunk) => {
        chunks.push(Buffer.from(chunk));
      },
    });
    if (await this.has(read.sha256)) return read;
    await this.#viaTemporary(async (file) => {
      for (const chunk of chunks) await file.write(chunk);
      return read;
    });
    return read;
  }

  async #putCopy(path: string | Buffer): Promise<StableRead> {
    return this.#viaTemporary(async (file) => {
      let position = 0;
      const sink: Sink = {
        restart: async () => {
          position = 0;
          await file.truncate(0);
        },
        write: async (chunk) => {
          let done = 0;
          while (done < chunk.length)
            done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
          position += chunk.length;
        },
      };
      return readStable(path, this.#options, sink);
    });
  }

  /** A clone is one moment of the file, which nothing can tear, and takes no room. Undefined where there are none. */
  async #putClone(path: string | Buffer): Promise<StableRead | undefined> {
    if (!this.#canClone) return undefined;
    const temporary = temporaryPath(this.#store);
    try {
      const source = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      try {
        const readAt = Date.now();
        const stamp = stampOf(await source.stat({ bigint: true }));
        const opened = process.platform === 'linux' ? `/proc/self/fd/${source.fd}` : path;
        await copyFile(opened, temporary, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
        const clone = await open(temporary, 'r+');
        try {
          await clone.chmod(0o644);
          const read = await readStable(temporary, this.#options);
          await this.#install(clone, temporary, read);
          return { ...read, stamp, readAt };
        } finally {
          await clone.close();
        }
      } finally {
        await source.close();
      }
    } catch (error) {
      await rm(temporary, { force: true });
      if (!['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY', 'EPERM'].includes(errno(error)))
        throw error;
      this.#canClone = false;
      return undefined;
    }
  }

  async #viaTemporary(fill: (file: FileHandle) => Promise<StableRead>): Promise<StableRead> {
    const temporary = temporaryPath(this.#store);
    try {
      const file = await open(temporary, 'wx', 0o644);
      try {
        const read = await fill(file);
        await this.#install(file, temporary, read);
        return read;
      } finally {
        await file.close();
      }
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Two files of one content are put once, however many lanes read them at the same time. */
  async #install(file: FileHandle, temporary: string, read: StableRead): Promise<void> {
    const before = this.#installing.get(read.sha256);
    const mine = before ?? this.#name(file, temporary, read);
    this.#installing.set(read.sha256, mine);
    await mine;
    this.#installing.delete(read.sha256);
    if (before !== undefined) await rm(temporary, { force: true });
  }

  /** The content is on disk before its name is, so a blob that can be found is whole. */
  async #name(file: FileHandle, temporary: string, read: StableRead): Promise<void> {
    if (await this.has(read.sha256)) {
      await rm(temporary, { force: true });
      return;
    }
    await file.sync();
    const path = blobPath(this.#store, read.sha256);
    if (!this.#made.has(dirname(path))) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    this.#made.add(dirname(path));
    await rename(temporary, path);
    this.#directories.add(dirname(path));
    this.#present.add(read.sha256);
    this.added += 1;
    this.addedBytes += read.size;
  }
}
