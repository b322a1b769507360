/**
 * The on-disk form of metric points. Everything is little-endian, as every machine that we build for.
 *
 * A chunk (`metric_chunk.data`) holds 1 to 4,096 points of one series, sorted by (step, timestamp, value):
 *
 *     u8      version, 1
 *     u8      modes: bits 0-1 steps, bits 2-3 timestamps, bits 4-5 values
 *     varint  count
 *     steps, timestamps: one integer column each
 *       mode 0  zigzag first, zigzag stride                       (count > 1: every difference is the stride)
 *       mode 1  zigzag first, zigzag base, count-1 x zigzag (difference - base), base being the rounded mean
 *       mode 2  count x f64                                       (differences too large for 51 bits)
 *     values
 *       mode 0  f64                                               (all equal)
 *       mode 1  count x f32                                       (every value is exact in float32)
 *       mode 2  count x f64
 *
 * A varint carries 7 bits a byte, least significant first, the top bit set on all but the last byte. Zigzag maps
 * 0, -1, 1, -2 ... to 0, 1, 2, 3 .... NaN has one form, and -0 is stored as 0. A reader refuses a version it does
 * not know. Lossless, and cheap to write: about 1 byte a timestamp, none for regular steps, 4 or 8 a value.
 */
import { ByteReader, ByteWriter } from './bytes.ts';
import type { Columns } from './points.ts';

const VERSION = 1;
const REGULAR = 0;
const DELTAS = 1;
const RAW = 2;
const CONSTANT = 0;
const FLOAT32 = 1;
const FLOAT64 = 2;
/** Zigzag doubles a difference and the base is taken off it, and both must stay exact in a double. */
const LARGEST_DIFFERENCE = 2 ** 50;

/** The bytes of sorted points; `points` must not be empty. */
export function encodePoints(points: Columns): Uint8Array {
  const writer = new ByteWriter(points.steps.length * 16 + 32);
  const steps = integerMode(points.steps);
  const times = integerMode(points.times);
  const values = valueMode(points.values);
  writer.u8(VERSION);
  writer.u8(steps.mode | (times.mode << 2) | (values << 4));
  writer.varint(points.steps.length);
  writeIntegers(writer, points.steps, steps);
  writeIntegers(writer, points.times, times);
  if (values === CONSTANT) writer.f64(points.values[0] ?? Number.NaN);
  else if (values === FLOAT32) writer.raw(new Uint8Array(Float32Array.from(points.values).buffer));
  else writer.raw(new Uint8Array(points.values.buffer, points.values.byteOffset, points.values.byteLength));
  return writer.finish();
}

/**
 * The points that {@link encodePoints} wrote.
 * @throws RangeError when the bytes end early or carry a version of a newer Trainyard.
 */
export function decodePoints(bytes: Uint8Array): Columns {
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new RangeError(
      `Metric chunk has format version ${version}; this Trainyard reads ${VERSION}. Update Trainyard.`,
    );
  }
  const modes = reader.u8();
  const count = reader.varint();
  const steps = readIntegers(reader, count, modes & 3);
  const times = readIntegers(reader, count, (modes >> 2) & 3);
  return { steps, times, values: readValues(reader, count, (modes >> 4) & 3) };
}

interface IntegerMode {
  readonly mode: number;
  readonly base: number;
}

function integerMode(column: Float64Array): IntegerMode {
  const last = column.length - 1;
  const stride = last === 0 ? 0 : (column[1] ?? 0) - (column[0] ?? 0);
  let regular = true;
  let largest = Math.abs(column[0] ?? 0);
  for (let i = 1; i <= last; i++) {
    const difference = (column[i] ?? 0) - (column[i - 1] ?? 0);
    if (difference !== stride) regular = false;
    const size = difference < 0 ? -difference : difference;
    if (size > largest) largest = size;
  }
  if (largest >= LARGEST_DIFFERENCE) return { mode: RAW, base: 0 };
  if (regular) return { mode: REGULAR, base: stride };
  return { mode: DELTAS, base: Math.round(((column[last] ?? 0) - (column[0] ?? 0)) / last) };
}

function writeIntegers(writer: ByteWriter, column: Float64Array, { mode, base }: IntegerMode): void {
  if (mode === RAW) {
    writer.raw(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    return;
  }
  writer.zigzag(column[0] ?? 0);
  writer.zigzag(base);
  if (mode === REGULAR) return;
  for (let i = 1; i < column.length; i++) writer.zigzag((column[i] ?? 0) - (column[i - 1] ?? 0) - base);
}

function readIntegers(reader: ByteReader, count: number, mode: number): Float64Array {
  if (mode === RAW) return reader.f64s(count);
  const column = new Float64Array(count);
  let value = reader.zigzag();
  const base = reader.zigzag();
  column[0] = value;
  if (mode === REGULAR) {
    for (let i = 1; i < count; i++) column[i] = value += base;
  } else {
    for (let i = 1; i < count; i++) column[i] = value += base + reader.zigzag();
  }
  return column;
}

function valueMode(values: Float64Array): number {
  const first = values[0] ?? Number.NaN;
  let constant = true;
  let single = true;
  for (const value of values) {
    if (!Object.is(value, first)) constant = false;
    if (Math.fround(value) !== value && !Number.isNaN(value)) single = false;
    if (!constant && !single) return FLOAT64;
  }
  return constant ? CONSTANT : FLOAT32;
}

function readValues(reader: ByteReader, count: number, mode: number): Float64Array {
  if (mode === CONSTANT) return new Float64Array(count).fill(reader.f64());
  if (mode === FLOAT32) return Float64Array.from(reader.f32s(count));
  return reader.f64s(count);
}
