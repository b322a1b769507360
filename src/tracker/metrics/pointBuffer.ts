import {
  type Columns,
  columns,
  compareKeys,
  keyAt,
  lowerBound,
  merge,
  NO_POINTS,
  type PointKey,
  put,
  slice,
} from './points.ts';

/** Above this many late points a merge of both sides is cheaper than one insertion each. */
const INSERT_LIMIT = 16;

/**
 * A growing, always sorted set of points of one series: the tail that is not in chunks yet. A point after all others,
 * the usual case, costs an append; a late one moves what lies behind it.
 */
export class PointBuffer {
  #points: Columns = NO_POINTS;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The content, valid until the next change. */
  get points(): Columns {
    return this.#length === 0 ? NO_POINTS : slice(this.#points, 0, this.#length);
  }

  /** Adds sorted points that are not in here yet. */
  add(points: Columns): void {
    const added = points.steps.length;
    if (added === 0) return;
    const late = this.#length > 0 && compareKeys(keyAt(points, 0), keyAt(this.#points, this.#length - 1)) < 0;
    if (late && added > INSERT_LIMIT) {
      this.#points = merge([this.points, points]);
      this.#length = this.#points.steps.length;
      return;
    }
    this.#reserve(this.#length + added);
    if (late) {
      for (let i = 0; i < added; i++) this.#insert(keyAt(points, i));
      return;
    }
    this.#points.steps.set(points.steps, this.#length);
    this.#points.times.set(points.times, this.#length);
    this.#points.values.set(points.values, this.#length);
    this.#length += added;
  }

  clear(): void {
    this.#points = NO_POINTS;
    this.#length = 0;
  }

  #insert(key: PointKey): void {
    const at = lowerBound(this.points, key);
    for (const column of [this.#points.steps, this.#points.times, this.#points.values]) {
      column.copyWithin(at + 1, at, this.#length);
    }
    put(this.#points, at, key);
    this.#length++;
  }

  #reserve(length: number): void {
    if (length <= this.#points.steps.length) return;
    const grown = columns(Math.max(length, this.#length * 2, 8));
    grown.steps.set(this.#points.steps);
    grown.times.set(this.#points.times);
    grown.values.set(this.#points.values);
    this.#points = grown;
  }
}
