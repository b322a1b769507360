/** A point's place in its series as 24 bytes that SQLite's blob comparison orders as `compareKeys` does. */
import type { PointKey } from './points.ts';

export function encodeKey({ step, time, value }: PointKey): Uint8Array {
  const bytes = new Uint8Array(24);
  writeOrdered(bytes, 0, step);
  writeOrdered(bytes, 8, time);
  // NaN stays eight zero bytes, below what -Infinity becomes.
  if (!Number.isNaN(value)) writeOrdered(bytes, 16, value);
  return bytes;
}

export function decodeKey(bytes: Uint8Array): PointKey {
  const value = bytes.subarray(16, 24).every((byte) => byte === 0) ? Number.NaN : readOrdered(bytes, 16);
  return { step: readOrdered(bytes, 0), time: readOrdered(bytes, 8), value };
}

/** A double, big-endian: its sign bit flipped when positive, all bits when negative, which makes it sort as bytes. */
function writeOrdered(bytes: Uint8Array, at: number, number: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setFloat64(at, number + 0);
  flip(bytes, at, ((bytes[at] ?? 0) & 0x80) !== 0);
}

function readOrdered(bytes: Uint8Array, at: number): number {
  // Not slice(): SQLite's blobs are Buffers, whose slices share their memory.
  const copy = Uint8Array.from(bytes.subarray(at, at + 8));
  flip(copy, 0, ((copy[0] ?? 0) & 0x80) === 0);
  return new DataView(copy.buffer).getFloat64(0);
}

function flip(bytes: Uint8Array, at: number, all: boolean): void {
  if (all) for (let i = at; i < at + 8; i++) bytes[i] = ~(bytes[i] ?? 0);
  else bytes[at] = (bytes[at] ?? 0) ^ 0x80;
}
