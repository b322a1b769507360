import type { Database, Statement } from 'better-sqlite3';
import { decodeJournal, encodeJournal, type JournalEntry } from './journal.ts';

/** Rows or bytes after which rows that no tail needs are deleted, so that the file reuses their pages early. */
const TRIM_ROWS = 128;
const TRIM_BYTES = 1 << 17;

/** The journal's rows. Counts change with {@link committed} only; the newest row is never deleted (schema.ts). */
export class JournalTable {
  readonly #insert: Statement<[number, Uint8Array]>;
  readonly #trim: Statement<[number]>;
  readonly #select: Statement<[], { id: number; data: Uint8Array }>;
  #last = 0;
  /** Sizes of the rows that are there, oldest first, for the limit on the whole. */
  #rows: { id: number; size: number }[] = [];
  #size = 0;
  #untrimmed = { rows: 0, size: 0 };

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO metric_journal (id, data) VALUES (?, ?)');
    this.#trim = db.prepare('DELETE FROM metric_journal WHERE id < ?');
    this.#select = db.prepare('SELECT id, data FROM metric_journal ORDER BY id');
  }

  /** The id of the newest committed row; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Bytes of all rows. */
  get size(): number {
    return this.#size;
  }

  get trimDue(): boolean {
    return this.#untrimmed.rows >= TRIM_ROWS || this.#untrimmed.size >= TRIM_BYTES;
  }

  /** Reads all rows, oldest first. */
  *replay(): Generator<{ id: number; entries: JournalEntry[] }> {
    this.#last = 0;
    this.#rows = [];
    this.#size = 0;
    this.#untrimmed = { rows: 0, size: 0 };
    for (const { id, data } of this.#select.iterate()) {
      this.#last = id;
      this.#rows.push({ id, size: data.length });
      this.#size += data.length;
      yield { id, entries: decodeJournal(data) };
    }
  }

  /** Writes the row after the last. Returns what to call once it is committed. */
  write(entries: readonly JournalEntry[]): () => void {
    const data = encodeJournal(entries);
    const id = this.#last + 1;
    this.#insert.run(id, data);
    return () => {
      this.#last = id;
      this.#rows.push({ id, size: data.length });
      this.#size += data.length;
      this.#untrimmed.rows++;
      this.#untrimmed.size += data.length;
    };
  }

  /** Deletes the rows below `needed`. Returns what to call once that is committed. */
  trim(needed: number): () => void {
    this.#trim.run(needed);
    return () => {
      const kept = this.#rows.findIndex(({ id }) => id >= needed);
      for (const { size } of this.#rows.splice(0, kept < 0 ? this.#rows.length : kept)) this.#size -= size;
      this.#untrimmed = { rows: 0, size: 0 };
    };
  }
}
