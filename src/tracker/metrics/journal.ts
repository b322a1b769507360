/**
 * A row of the journal: the points of one commit, of any number of series.
 *
 *     u8      version, 1
 *     entries, until the end:
 *       varint  series id
 *       varint  4 x points + form (0 f64 values, 1 f32 values, 2 a chunk)
 *       form 0, 1: for each point zigzag step, zigzag timestamp, value; both as differences from the point before,
 *                  across entries, from 0 at the start of the row
 *       form 2: varint length, then a chunk as in encoding.ts
 */
import { ByteReader, ByteWriter } from './bytes.ts';
import { decodePoints, encodePoints } from './encoding.ts';
import { type Columns, columns, put } from './points.ts';

const VERSION = 1;
const PLAIN = 0;
const SINGLE = 1;
const CHUNK = 2;
/** From here on a chunk's own header pays. */
const CHUNK_FROM = 16;
/** Differences of smaller numbers keep their zigzag form exact. */
const LARGEST = 2 ** 50;

export interface JournalEntry {
  readonly series: number;
  readonly points: Columns;
}

export function encodeJournal(entries: readonly JournalEntry[]): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(VERSION);
  let step = 0;
  let time = 0;
  for (const { series, points } of entries) {
    const count = points.steps.length;
    const form = formOf(points);
    writer.varint(series);
    writer.varint(count * 4 + form);
    if (form === CHUNK) {
      const bytes = encodePoints(points);
      writer.varint(bytes.length);
      writer.raw(bytes);
      continue;
    }
    for (let i = 0; i < count; i++) {
      const value = points.values[i] ?? 0;
      writer.zigzag((points.steps[i] ?? 0) - step);
      writer.zigzag((points.times[i] ?? 0) - time);
      step = points.steps[i] ?? 0;
      time = points.times[i] ?? 0;
      if (form === SINGLE) writer.f32(value);
      else writer.f64(value);
    }
  }
  return writer.finish();
}

/** @throws RangeError when the row is of a newer version or ends early. */
export function decodeJournal(bytes: Uint8Array): JournalEntry[] {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new RangeError(
      `Metric journal has format version ${version}; this Trainyard reads ${VERSION}. Update Trainyard.`,
    );
  }
  const entries: JournalEntry[] = [];
  let step = 0;
  let time = 0;
  while (!reader.done) {
    const series = reader.varint();
    const head = reader.varint();
    const form = head % 4;
    const count = (head - form) / 4;
    if (form === CHUNK) {
      entries.push({ series, points: decodePoints(reader.bytes(reader.varint())) });
      continue;
    }
    const points = columns(count);
    for (let i = 0; i < count; i++) {
      step += reader.zigzag();
      time += reader.zigzag();
      put(points, i, { step, time, value: form === SINGLE ? reader.f32() : reader.f64() });
    }
    entries.push({ series, points });
  }
  return entries;
}

function formOf({ steps, times, values }: Columns): number {
  if (steps.length >= CHUNK_FROM) return CHUNK;
  let form = SINGLE;
  for (let i = 0; i < steps.length; i++) {
    if (Math.abs(steps[i] ?? 0) >= LARGEST || Math.abs(times[i] ?? 0) >= LARGEST) return CHUNK;
    const value = values[i] ?? 0;
    if (Math.fround(value) !== value && !Number.isNaN(value)) form = PLAIN;
  }
  return form;
}
