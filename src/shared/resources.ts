/** Reads what a run configuration writes under `resources`. */

/** Patterns of the schema; what they match, the functions below understand. */
export const TIME_PATTERN = '^(\\d+\\s*[dhms]\\s*)+$';
export const MEMORY_PATTERN = '^\\d+(\\.\\d+)?\\s*[KMGT]?i?B?$';

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
const FACTORS: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4 };

/** `2h 30m` in milliseconds; undefined for anything else, and for nothing at all (`0s`). */
export function parseTime(text: string): number | undefined {
  if (!new RegExp(TIME_PATTERN).test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)\s*([dhms])/g)];
  const ms = parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (UNIT_MS[unit] ?? 0), 0);
  return ms > 0 ? ms : undefined;
}

/** `8 GB`, `512MiB`, `1024` in bytes, with and without the i by 1024, as memory is sold. */
export function parseMemory(text: string): number | undefined {
  if (!new RegExp(MEMORY_PATTERN).test(text)) return undefined;
  const [, number = '', unit = ''] = /^([\d.]+)\s*([KMGT]?)/.exec(text) ?? [];
  const bytes = Math.round(Number(number) * 1024 ** (FACTORS[unit] ?? 0));
  return bytes > 0 ? bytes : undefined;
}
