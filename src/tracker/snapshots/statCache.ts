import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSettled } from './stamp.ts';
import { type SnapshotStore, temporaryPath } from './store.ts';

// Remembers, for the files of one folder, which content a stamp (see stamp.ts) stood for, so that an unchanged file is
// not read again. It is only a shortcut: lost, stale or damaged it costs time and never truth.
// On disk: a line with the digest of the rest, a line of JSON, then one JSON array [path, stamp, sha256] per file.

interface Known {
  stamp: string;
  sha256: string;
}

export class StatCache {
  readonly #file: string;
  readonly #store: SnapshotStore;
  readonly #before: ReadonlyMap<string, Known>;
  readonly #after = new Map<string, Known>();
  #changed = false;
  /** The snapshot that the cache was last saved with; while it exists, so do the contents that the cache names. */
  readonly snapshot: string;

  private constructor(store: SnapshotStore, file: string, before: ReadonlyMap<string, Known>, snapshot: string) {
    this.#store = store;
    this.#file = file;
    this.#before = before;
    this.snapshot = snapshot;
  }

  /** `key` names what the cache is of: a folder, and for what. */
  static async load(store: SnapshotStore, key: string): Promise<StatCache> {
    const file = join(store.root, 'cache', createHash('sha256').update(key).digest('hex'));
    const before = new Map<string, Known>();
    let snapshot = '';
    const text = await readFile(file, 'utf8').catch(() => '');
    const [proof, ...lines] = text.split('\n');
    if (proof !== undefined && text !== '' && proof === proofOf(text.slice(proof.length + 1))) {
      const head: unknown = JSON.parse(lines.shift() ?? '{}');
      if (typeof head === 'object' && head !== null && 'snapshot' in head) snapshot = String(head.snapshot);
      for (const line of lines) {
        if (line === '') continue;
        const fields: unknown = JSON.parse(line);
        if (Array.isArray(fields))
          before.set(String(fields[0]), { stamp: String(fields[1]), sha256: String(fields[2]) });
      }
    }
    return new StatCache(store, file, before, snapshot);
  }

  /** The content that a path had when it bore this stamp, if that is known for certain. */
  find(path: string, stamp: string): string | undefined {
    const known = this.#before.get(path);
    if (known === undefined || known.stamp !== stamp) return undefined;
    this.#after.set(path, known);
    return known.sha256;
  }

  /** What a path held at any earlier time: a guess that saves copying, not a proof. */
  guess(path: string): string | undefined {
    return this.#before.get(path)?.sha256;
  }

  /** Remembers content that was read from `readAt` on (ms since epoch), unless the stamp could hide a later write. */
  remember(path: string, stamp: string, sha256: string, readAt: number): void {
    this.#changed = true;
    if (isSettled(stamp, readAt)) this.#after.set(path, { stamp, sha256 });
  }

  /** Writes what this pass found or remembered. A failure to write is of no consequence and swallowed. */
  async save(snapshot = ''): Promise<void> {
    if (!this.#changed && this.#after.size === this.#before.size && snapshot === this.snapshot) return;
    let body = `${JSON.stringify({ snapshot })}\n`;
    for (const [path, known] of this.#after) body += `${JSON.stringify([path, known.stamp, known.sha256])}\n`;
    const temporary = temporaryPath(this.#store);
    try {
      await writeFile(temporary, `${proofOf(body)}\n${body}`, { mode: 0o600 });
      await rename(temporary, this.#file);
    } catch {
      await rm(temporary, { force: true });
    }
  }
}

function proofOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
