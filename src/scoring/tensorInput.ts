import type { TensorSpec } from '../shared/domain/model.ts';
import { type ElementData, type ElementType, elementKind, isElementType } from './elements.ts';
import { InputError, kindOf } from './inputError.ts';

/** A tensor ready for onnxruntime: row-major data and its dimensions. */
export interface FeedTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: ElementData;
}

/** More elements than this are a mistake or an attack, not a request. */
const MAX_ELEMENTS = 1e8;

/**
 * Casts nested JSON lists to the tensor that the model's own input asks for. A number in `spec.shape` must be met; a
 * name is free. An empty `spec.shape` means a scalar or a model that does not tell.
 *
 * @throws InputError naming the input, what it wants and what came
 */
export function castTensor(spec: TensorSpec, value: unknown): FeedTensor {
  if (!isElementType(spec.type)) {
    throw new InputError(`The input ${quote(spec)} is of type ${spec.type}, which cannot be sent as JSON.`);
  }
  const dims = checkShape(spec, measure(value));
  const length = dims.reduce((product, size) => product * size, 1);
  if (length > MAX_ELEMENTS) throw new InputError(`The input ${quote(spec)} has ${length} elements; that is too many.`);
  const kind = elementKind(spec.type);
  const data = kind.allocate(length);
  fill({ spec, dims, data, cast: kind.cast }, value);
  return { type: spec.type, dims, data };
}

/** `float32[N, 3]` */
export function describeSpec(spec: TensorSpec): string {
  return spec.shape.length === 0 ? spec.type : `${spec.type}[${spec.shape.map((size) => size || '?').join(', ')}]`;
}

/** Dimensions by the first element at each depth; whether the others agree is seen while filling. */
function measure(value: unknown): number[] {
  const dims: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) {
    dims.push(inner.length);
    if (dims.length > 32) throw new InputError('The lists are nested too deeply.');
  }
  return dims;
}

function checkShape(spec: TensorSpec, dims: number[]): number[] {
  if (spec.shape.length === 0) return dims;
  // An empty list has no depth to look into: what is not fixed by the model is 0 there.
  const empty = dims.length > 0 && dims.at(-1) === 0;
  const found = empty ? spec.shape.map((size, axis) => dims[axis] ?? (typeof size === 'number' ? size : 0)) : dims;
  if (found.length !== spec.shape.length) {
    throw new InputError(
      `The input ${quote(spec)} has ${spec.shape.length} dimensions, ${describeSpec(spec)}, but ${found.length} came` +
        `${found.length === spec.shape.length - 1 ? '; a single row still stands in a list of rows' : ''}.`,
    );
  }
  spec.shape.forEach((size, axis) => {
    if (typeof size === 'number' && size >= 0 && size !== found[axis]) {
      throw new InputError(
        `The input ${quote(spec)} is ${describeSpec(spec)}, but what came is [${found.join(', ')}]: ` +
          `dimension ${axis} must be ${size}.`,
      );
    }
  });
  return found;
}

interface Filling {
  readonly spec: TensorSpec;
  readonly dims: readonly number[];
  readonly data: ElementData;
  readonly cast: (value: unknown) => number | bigint | string;
}

function fill(filling: Filling, root: unknown): void {
  const { spec, dims, cast } = filling;
  // One view for all element types: what `cast` gives is what the array of that type takes.
  const data = filling.data as { [index: number]: number | bigint | string };
  let next = 0;
  const at: number[] = [];
  const walk = (value: unknown, depth: number): void => {
    const size = dims[depth];
    if (size === undefined) {
      try {
        data[next++] = cast(value);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        throw new InputError(`The input ${quote(spec)} at [${at.join(', ')}]: ${error.message} (${spec.type}).`);
      }
      return;
    }
    if (!Array.isArray(value) || value.length !== size) {
      const where = at.length === 0 ? '' : ` at [${at.join(', ')}]`;
      throw new InputError(`The input ${quote(spec)}${where} is ${kindOf(value)} where a list of ${size} must be.`);
    }
    for (let index = 0; index < size; index++) {
      at[depth] = index;
      walk(value[index], depth + 1);
    }
    at.length = depth;
  };
  if (!dims.includes(0)) walk(root, 0);
}

function quote(spec: TensorSpec): string {
  return JSON.stringify(spec.name);
}
