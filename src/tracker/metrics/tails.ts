import type { JournalTable } from './journalTable.ts';
import { type Columns, merge } from './points.ts';
import type { SeriesState } from './runTable.ts';

/** The series whose tail holds points, and what follows from all of them together: memory used, journal needed. */
export class Tails {
  readonly #series = new Set<SeriesState>();
  #points = 0;

  /** How many points all tails hold. */
  get points(): number {
    return this.#points;
  }

  /** @param row the journal row in which the points are. */
  append(series: SeriesState, points: Columns, row: number): void {
    if (points.steps.length === 0) return;
    if (series.tail.length === 0) series.firstJournal = row;
    series.tail.add(points);
    this.#series.add(series);
    this.#points += points.steps.length;
  }

  /** Empties a tail whose points are in chunks. */
  clear(series: SeriesState): void {
    this.leave(series);
    series.tail.clear();
  }

  /** Counts a removed run's series no longer, at once, because its id may soon be another's. */
  leave(series: SeriesState): boolean {
    const held = this.#series.delete(series);
    if (held) this.#points -= series.tail.length;
    return held;
  }

  comeBack(series: SeriesState): void {
    this.#series.add(series);
    this.#points += series.tail.length;
  }

  /** The half that holds the journal up the longest. */
  olderHalf(): SeriesState[] {
    const oldest = [...this.#series].sort((a, b) => a.firstJournal - b.firstJournal);
    return oldest.slice(0, Math.ceil(oldest.length / 2));
  }

  /** The first journal row that is needed when `seals` are in chunks and `row` is the newest. */
  firstNeeded(seals: ReadonlySet<SeriesState>, row: number): number {
    let first = row;
    for (const series of this.#series) if (!seals.has(series)) first = Math.min(first, series.firstJournal);
    return first;
  }

  forget(): void {
    this.#series.clear();
    this.#points = 0;
  }
}

/** What the journal holds of live series beyond their chunks, merged, with the first row that each needs. */
export function replayTails(
  journal: JournalTable,
  live: ReadonlyMap<number, { series: SeriesState; applied: number }>,
): { series: SeriesState; points: Columns; row: number }[] {
  const tails = new Map<SeriesState, { row: number; parts: Columns[] }>();
  for (const { id, entries } of journal.replay()) {
    for (const { series: seriesId, points } of entries) {
      const known = live.get(seriesId);
      if (known === undefined || id <= known.applied) continue;
      const tail = tails.get(known.series);
      if (tail === undefined) tails.set(known.series, { row: id, parts: [points] });
      else tail.parts.push(points);
    }
  }
  return Array.from(tails, ([series, { row, parts }]) => ({ series, points: merge(parts), row }));
}
