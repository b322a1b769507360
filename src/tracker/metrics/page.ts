/** Pages of exact points: what to read, where the next page starts. */
import type { Page, ReadOptions } from './metricStore.ts';
import { type Columns, compareKeys, keyAt, lowerBound, merge, type PointKey, slice } from './points.ts';

/** The range of a read, as keys. `from` is included unless `after` is set. */
export interface Range {
  readonly from?: PointKey;
  readonly after: boolean;
  readonly toStep: number;
  readonly limit: number;
}

/** @throws RangeError for a cursor that no page gave out. */
export function rangeOf({ fromStep, toStep, limit, after }: ReadOptions): Range {
  const end = { toStep: toStep ?? Number.POSITIVE_INFINITY, limit: limit ?? Number.POSITIVE_INFINITY };
  const cursor = after === undefined ? undefined : parseCursor(after);
  const start =
    fromStep === undefined ? undefined : { step: fromStep, time: Number.NEGATIVE_INFINITY, value: Number.NaN };
  if (cursor !== undefined && (start === undefined || compareKeys(cursor, start) >= 0)) {
    return { from: cursor, after: true, ...end };
  }
  return start === undefined ? { after: false, ...end } : { from: start, after: false, ...end };
}

/**
 * Cuts a page from chunks, which are in order and apart, and a tail, which may lie anywhere among them. Chunks are
 * taken only until the page is full: what they hold behind that sorts after it.
 */
export function readPage(chunks: Iterable<Columns>, tail: Columns, range: Range): Page {
  const parts: Columns[] = [];
  let taken = 0;
  for (const chunk of chunks) {
    if ((chunk.steps[0] ?? 0) > range.toStep) break;
    const part = within(chunk, range);
    parts.push(part);
    taken += part.steps.length;
    if (taken > range.limit) break;
  }
  parts.push(within(tail, range));
  const all = merge(parts);
  if (all.steps.length <= range.limit) return { ...all };
  const page = slice(all, 0, range.limit);
  return range.limit > 0 ? { ...page, next: cursorOf(keyAt(page, range.limit - 1)) } : page;
}

function within(points: Columns, { from, after, toStep }: Range): Columns {
  let start = from === undefined ? 0 : lowerBound(points, from);
  if (from !== undefined && after && start < points.steps.length && compareKeys(keyAt(points, start), from) === 0)
    start++;
  const beyond = { step: toStep, time: Number.POSITIVE_INFINITY, value: Number.POSITIVE_INFINITY };
  const end = toStep === Number.POSITIVE_INFINITY ? points.steps.length : lowerBound(points, beyond);
  return slice(points, start, Math.max(start, end));
}

function cursorOf({ step, time, value }: PointKey): string {
  return `${step}:${time}:${value}`;
}

function parseCursor(cursor: string): PointKey {
  const [step, time, value] = cursor.split(':');
  const key = { step: Number(step), time: Number(time), value: Number(value) };
  if (value === undefined || !Number.isSafeInteger(key.step) || !Number.isSafeInteger(key.time)) {
    throw new RangeError(`'${cursor}' is not the cursor of a page of metric points; use the last page's 'next'.`);
  }
  return key;
}
