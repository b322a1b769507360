import { InputError, kindOf } from './inputError.ts';

/** Element types that a tensor of an input can have here, in ONNX's words. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

export type ElementData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | string[];

/** How one element type is allocated, and how a JSON value becomes an element of it. */
interface ElementKind {
  allocate(length: number): ElementData;
  /** @throws InputError when the value is none of this type. */
  cast(value: unknown): number | bigint | string;
}

const kinds: Record<ElementType, ElementKind> = {
  float32: { allocate: (length) => new Float32Array(length), cast: toNumber },
  float64: { allocate: (length) => new Float64Array(length), cast: toNumber },
  // Half floats travel as their bits: not every Node that this runs on has a Float16Array.
  float16: { allocate: (length) => new Uint16Array(length), cast: (value) => toHalfBits(toNumber(value)) },
  int8: { allocate: (length) => new Int8Array(length), cast: integer(-128, 127) },
  int16: { allocate: (length) => new Int16Array(length), cast: integer(-32_768, 32_767) },
  int32: { allocate: (length) => new Int32Array(length), cast: integer(-2_147_483_648, 2_147_483_647) },
  int64: { allocate: (length) => new BigInt64Array(length), cast: big(-(2n ** 63n), 2n ** 63n - 1n) },
  uint8: { allocate: (length) => new Uint8Array(length), cast: integer(0, 255) },
  uint16: { allocate: (length) => new Uint16Array(length), cast: integer(0, 65_535) },
  uint32: { allocate: (length) => new Uint32Array(length), cast: integer(0, 4_294_967_295) },
  uint64: { allocate: (length) => new BigUint64Array(length), cast: big(0n, 2n ** 64n - 1n) },
  bool: { allocate: (length) => new Uint8Array(length), cast: toBool },
  string: { allocate: (length) => new Array<string>(length).fill(''), cast: toText },
};

export function isElementType(type: string): type is ElementType {
  return Object.hasOwn(kinds, type);
}

export function elementKind(type: ElementType): ElementKind {
  return kinds[type];
}

const WORDS: Record<string, number> = {
  NaN: Number.NaN,
  nan: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  inf: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

/** JSON has no NaN and no infinities, so three words and null (pandas' missing value) stand for them. */
function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === null) return Number.NaN;
  if (typeof value === 'string') {
    const word = WORDS[value.trim()];
    if (word !== undefined) return word;
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isNaN(parsed)) return parsed;
  }
  throw new InputError(`${kindOf(value)} is not a number`);
}

function integer(min: number, max: number): (value: unknown) => number {
  return (value) => {
    const number = toNumber(value);
    if (!Number.isInteger(number)) throw new InputError(`${kindOf(value)} is not a whole number`);
    if (number < min || number > max) throw new InputError(`${kindOf(value)} is outside ${min} … ${max}`);
    return number;
  };
}

function big(min: bigint, max: bigint): (value: unknown) => bigint {
  return (value) => {
    let whole: bigint;
    if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) {
      whole = BigInt(value.trim());
    } else {
      const number = toNumber(value);
      if (!Number.isInteger(number)) throw new InputError(`${kindOf(value)} is not a whole number`);
      if (!Number.isSafeInteger(number)) {
        throw new InputError(`${kindOf(value)} is too large for a JSON number to hold exactly; send it as a text`);
      }
      whole = BigInt(number);
    }
    if (whole < min || whole > max) throw new InputError(`${kindOf(value)} is outside ${min} … ${max}`);
    return whole;
  };
}

function toBool(value: unknown): number {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (word === 'true' || word === '1') return 1;
  if (word === 'false' || word === '0') return 0;
  throw new InputError(`${kindOf(value)} is not true or false`);
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new InputError(`${kindOf(value)} is not a text`);
}

/** IEEE 754 binary16 from a double, rounded to nearest, ties to even. */
export function toHalfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  // 65520 lies halfway between the largest half, 65504, and what would be the next one.
  if (size >= 65_520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  // log2 may round up to the next power of two; one step down keeps the fraction at 1 or more.
  const exact = size < 2 ** exponent ? exponent - 1 : exponent;
  // A fraction that rounds up to 2 carries into the exponent by the addition itself.
  return sign | (((exact + 15) << 10) + roundEven((size / 2 ** exact - 1) * 1024));
}

export function fromHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
