/** The chunks of all series in the database: placing sorted points into them, finding and reading them. */
import type { Database, Statement } from 'better-sqlite3';
import { decodePoints, encodePoints } from './encoding.ts';
import { type Columns, compareKeys, contains, keyAt, lowerBound, merge, type PointKey, slice } from './points.ts';
import type { Part } from './reduce.ts';
import { decodeKey, encodeKey } from './sortKey.ts';
import { emptyStats, foldPoints, lastOf, packStats, type Stats, unpackStats } from './stats.ts';
import { BLOCK_POINTS, buildTier, readTier } from './tier.ts';

export const MAX_CHUNK = 4096;
/** Late points that fall between two chunks get a chunk of their own from this number on. */
const OWN_CHUNK = 1024;
/** Neighbours are joined while they are not this much larger than what comes, so that growth costs log n rewrites. */
const GROWTH = 4;
const CACHED_CHUNKS = 64;

interface ChunkRow {
  readonly id: number;
  readonly count: number;
  readonly first: Uint8Array;
  readonly head: Uint8Array | null;
}

export class ChunkTable {
  readonly #cache = new Map<number, Columns>();
  readonly #insert: Statement<[number, number, Uint8Array, Uint8Array | null, Uint8Array | null, Uint8Array]>;
  readonly #delete: Statement<[number]>;
  readonly #deleteSeries: Statement<[number]>;
  readonly #data: Statement<[number], Uint8Array>;
  readonly #tier: Statement<[number], Uint8Array | null>;
  readonly #floor: Statement<[number, Uint8Array], ChunkRow>;
  readonly #after: Statement<[number, Uint8Array], ChunkRow>;
  readonly #last: Statement<[number], ChunkRow>;
  readonly #all: Statement<[number], ChunkRow>;

  constructor(db: Database) {
    const row = 'SELECT id, count, first, head FROM metric_chunk WHERE series = ?';
    this.#insert = db.prepare(
      'INSERT INTO metric_chunk (series, count, first, head, tier, data) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#delete = db.prepare('DELETE FROM metric_chunk WHERE id = ?');
    this.#deleteSeries = db.prepare('DELETE FROM metric_chunk WHERE series = ?');
    this.#data = db.prepare<[number], Uint8Array>('SELECT data FROM metric_chunk WHERE id = ?').pluck();
    this.#tier = db.prepare<[number], Uint8Array | null>('SELECT tier FROM metric_chunk WHERE id = ?').pluck();
    this.#floor = db.prepare(`${row} AND first <= ? ORDER BY first DESC LIMIT 1`);
    this.#after = db.prepare(`${row} AND first > ? ORDER BY first LIMIT 1`);
    this.#last = db.prepare(`${row} ORDER BY first DESC LIMIT 1`);
    this.#all = db.prepare(`${row} ORDER BY first`);
  }

  /** Writes sorted points that are in no chunk yet, keeping chunks in order and apart. */
  place(series: number, points: Columns): void {
    const last = this.#last.get(series);
    const cut = last === undefined ? 0 : lowerBound(points, lastOf(this.#statsOf(last)));
    this.#placeLate(series, slice(points, 0, cut));
    this.#placeAhead(series, slice(points, cut, points.steps.length));
  }

  contains(series: number, key: PointKey): boolean {
    for (const points of this.#recent) if (this.#covers(series, points, key)) return contains(points.points, key);
    const row = this.#floor.get(series, encodeKey(key));
    if (row === undefined) return false;
    const points = this.#points(row.id);
    this.#recent = [{ series, points }];
    return contains(points, key);
  }

  /** The chunks that may hold points from `from` on, in order, read as they are asked for. */
  *from(series: number, from?: PointKey): Generator<Columns> {
    let row = from === undefined ? undefined : this.#floor.get(series, encodeKey(from));
    row ??= this.#after.get(series, new Uint8Array(0));
    while (row !== undefined) {
      yield this.#decode(row.id);
      row = this.#after.get(series, row.first);
    }
  }

  parts(series: number): Part[] {
    return this.#all.all(series).map((row) => ({
      stats: this.#statsOf(row),
      tier: () => {
        const bytes = this.#tier.get(row.id);
        return bytes == null ? undefined : readTier(bytes);
      },
      points: () => this.#decode(row.id),
    }));
  }

  remove(series: number): void {
    this.forget();
    this.#deleteSeries.run(series);
  }

  /** Drops what is cached of the database; needed whenever a transaction was taken back. */
  forget(): void {
    this.#cache.clear();
    this.#recent = [];
  }

  /** The chunk that answered last: a repeated import asks for neighbours. */
  #recent: { series: number; points: Columns }[] = [];

  #covers(
    series: number,
    recent: { series: number; points: Columns },
    key: PointKey,
  ): recent is { series: number; points: Columns } {
    const { points } = recent;
    return (
      recent.series === series &&
      compareKeys(keyAt(points, 0), key) <= 0 &&
      compareKeys(key, keyAt(points, points.steps.length - 1)) <= 0
    );
  }

  #placeAhead(series: number, points: Columns): void {
    const parts = [points];
    let total = points.steps.length;
    if (total === 0) return;
    for (;;) {
      const last = this.#last.get(series);
      if (last === undefined || last.count > total * GROWTH || last.count + total > MAX_CHUNK) break;
      parts.unshift(this.#take(last));
      total += last.count;
    }
    this.#write(series, merge(parts));
  }

  #placeLate(series: number, late: Columns): void {
    let rest = late;
    while (rest.steps.length > 0) {
      const key = encodeKey(keyAt(rest, 0));
      const before = this.#floor.get(series, key);
      const after = this.#after.get(series, key);
      const end = after === undefined ? rest.steps.length : lowerBound(rest, decodeKey(after.first));
      const group = slice(rest, 0, end);
      rest = slice(rest, end, rest.steps.length);
      const neighbour = before ?? after;
      const inGap = before === undefined || compareKeys(lastOf(this.#statsOf(before)), keyAt(group, 0)) < 0;
      if (neighbour === undefined || (inGap && end >= OWN_CHUNK)) this.#write(series, group);
      else this.#write(series, merge([this.#take(neighbour), group]));
    }
  }

  #take(row: ChunkRow): Columns {
    const points = this.#points(row.id);
    this.#cache.delete(row.id);
    this.#recent = [];
    this.#delete.run(row.id);
    return points;
  }

  #write(series: number, points: Columns): void {
    const total = points.steps.length;
    const chunks = Math.ceil(total / MAX_CHUNK);
    for (let i = 0; i < chunks; i++) {
      const chunk = slice(points, Math.floor((total * i) / chunks), Math.floor((total * (i + 1)) / chunks));
      const large = chunk.steps.length > BLOCK_POINTS;
      const head = large ? packStats(statsOfPoints(chunk)) : null;
      const tier = large ? buildTier(chunk) : null;
      this.#insert.run(series, chunk.steps.length, encodeKey(keyAt(chunk, 0)), head, tier, encodePoints(chunk));
    }
  }

  #statsOf(row: ChunkRow): Stats {
    return row.head === null ? statsOfPoints(this.#decode(row.id)) : unpackStats(row.head);
  }

  #points(id: number): Columns {
    const known = this.#cache.get(id);
    if (known !== undefined) return known;
    const points = this.#decode(id);
    const oldest = this.#cache.size >= CACHED_CHUNKS ? this.#cache.keys().next().value : undefined;
    if (oldest !== undefined) this.#cache.delete(oldest);
    this.#cache.set(id, points);
    return points;
  }

  #decode(id: number): Columns {
    const bytes = this.#data.get(id);
    if (bytes === undefined) throw new Error(`Metric chunk ${id} is missing from the database; check its integrity.`);
    return decodePoints(bytes);
  }
}

function statsOfPoints(points: Columns): Stats {
  const stats = emptyStats();
  foldPoints(stats, points);
  return stats;
}
