import { fromHalfBits } from './elements.ts';

/** What onnxruntime gives for one tensor output. */
export interface ResultTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint | string>;
}

/** Nested lists, row-major; a tensor without dimensions is its single value. */
export function toNested(tensor: ResultTensor): unknown {
  const encode = encoder(tensor.type, tensor.data);
  let next = 0;
  const build = (depth: number): unknown => {
    const size = tensor.dims[depth];
    if (size === undefined) return encode(tensor.data[next++] ?? 0);
    const list = new Array<unknown>(size);
    for (let index = 0; index < size; index++) list[index] = build(depth + 1);
    return list;
  };
  return build(0);
}

function encoder(type: string, data: unknown): (value: number | bigint | string) => unknown {
  if (type === 'bool') return (value) => value === 1;
  if (type === 'int64' || type === 'uint64') return fromBig;
  // Where Node has a Float16Array, the elements are numbers already; else they are the bits.
  if (type === 'float16' && data instanceof Uint16Array) return (value) => fromFloat(fromHalfBits(Number(value)));
  return (value) => (typeof value === 'number' ? fromFloat(value) : value);
}

/** JSON has no NaN and no infinities; they travel as words, as in all of Trainyard's interfaces. */
function fromFloat(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** A number where a JSON number is exact, else its digits. */
function fromBig(value: number | bigint | string): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
