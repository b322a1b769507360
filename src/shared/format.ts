import type { Float } from './domain/common.ts';

/** How numbers, times and sizes look everywhere: sidebar, pages, decorations, command line. Tabular and with units. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A measured number with at most `digits` significant digits: `0.98135`, `12345`, `1.2e-7`. NaN and the infinities
 * look like themselves; a missing value is the caller's to show, since it is a different thing.
 */
export function formatNumber(value: number | Float, digits = 5): string {
  const number = typeof value === 'number' ? value : Number(value);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '∞' : '−∞';
  if (number === 0) return '0';
  const size = Math.abs(number);
  // A count stays itself: the digits of 1234567 are not noise.
  if (Number.isInteger(number) && size < 1e15) return minus(size < 1e10 ? String(number) : number.toExponential(2));
  if (size < 1e-4 || size >= 1e10) return minus(trimZeros(number.toExponential(digits - 1)));
  // Digits before the point are never replaced by zeros, which would read as exact.
  const rounded = size >= 10 ** digits ? Math.round(number) : Number(number.toPrecision(digits));
  return minus(trimZeros(plain(rounded, digits)));
}

/**
 * Numbers that are compared with each other: as many significant digits as make different ones look different, at
 * least `least` and at most five.
 */
export function formatNumbers(values: readonly (number | Float)[], least = 3): string[] {
  for (let digits = least; digits < 5; digits++) {
    const texts = values.map((value) => formatNumber(value, digits));
    const distinct = new Set(values.map(Number)).size;
    if (new Set(texts).size === distinct) return texts;
  }
  return values.map((value) => formatNumber(value, 5));
}

/** Milliseconds as the two largest units that matter: `850 ms`, `3.2 s`, `42 s`, `4 m 12 s`, `2 h 5 m`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '–';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${trimZeros((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  const hours = Math.floor(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** How long ago, as one unit: `now`, `12 s`, `14 m`, `2 h`, `3 d`, then the date. Used as a run's age in lists. */
export function formatAge(time: number, now: number = Date.now()): string {
  const past = now - time;
  if (past < 2000) return 'now';
  if (past < MINUTE) return `${Math.floor(past / 1000)} s`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} m`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h`;
  if (past < 30 * DAY) return `${Math.floor(past / DAY)} d`;
  return formatDateTime(time).slice(0, 10);
}

/** `14 m ago`, `now`, or the date. The absolute time (`formatDateTime`) belongs in the tooltip. */
export function formatRelative(time: number, now: number = Date.now()): string {
  const age = formatAge(time, now);
  return age === 'now' || age.includes('-') ? age : `${age} ago`;
}

/** Local time to the second, sortable: `2026-11-20 21:03:38`. */
export function formatDateTime(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '–';
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Bytes in decimal units, three significant digits: `0 B`, `812 B`, `1.4 kB`, `31.2 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const text = unit === 0 ? String(Math.round(value)) : trimZeros(value.toPrecision(3));
  return `${text} ${units[unit]}`;
}

/** `1 run`, `5 runs`, `2 copies`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Without an exponent, which `toPrecision` uses too early. */
function plain(value: number, digits: number): string {
  const before = Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.max(0, digits - before));
}

function trimZeros(text: string): string {
  const [mantissa = '', exponent] = text.split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? short : `${short}e${exponent.replace('+', '')}`;
}

/** The typographic minus is as wide as a digit, so columns stay aligned. */
function minus(text: string): string {
  return text.replaceAll('-', '−').replace('e−', 'e-');
}
