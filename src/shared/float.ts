import type { Float } from './domain/common.ts';

/** Encodes a float for JSON. */
export function toFloat(value: number): Float {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** Decodes a float from JSON; the three strings become the numbers they name. */
export function fromFloat(value: Float): number {
  return typeof value === 'number' ? value : Number(value);
}
