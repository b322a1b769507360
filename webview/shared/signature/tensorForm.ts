import type { Signature, TensorSpec } from '../../../src/shared/domain/model.ts';

/** What the person has typed for each input: JSON text, or single values for small inputs. */
export type FormValues = Readonly<Record<string, string>>;

const MOST_FIELDS = 16;

/** Shape of one example: free dimensions are 1. */
export function exampleShape(spec: TensorSpec): number[] {
  return spec.shape.map((dimension) => (typeof dimension === 'number' && dimension > 0 ? dimension : 1));
}

export function elementCount(spec: TensorSpec): number {
  return exampleShape(spec).reduce((product, dimension) => product * dimension, 1);
}

/** True when an input is small enough for one field a number. */
export function isSmall(spec: TensorSpec): boolean {
  return elementCount(spec) <= MOST_FIELDS;
}

/** An example value of the right shape and type, as JSON. */
export function exampleJson(spec: TensorSpec): string {
  const element = /string/.test(spec.type) ? '' : /bool/.test(spec.type) ? false : 0;
  return JSON.stringify(fill(exampleShape(spec), () => element));
}

export function initialValues(signature: Signature): FormValues {
  return Object.fromEntries(signature.inputs.map((spec) => [spec.name, exampleJson(spec)]));
}

/** Numbers or words of an input laid flat, for one field each. */
export function flatten(json: string): string[] {
  const parsed = parse(json);
  return 'error' in parsed ? [] : [parsed.value].flat(16).map((value) => String(value));
}

/** Puts one flat value back into its place. */
export function replaceFlat(spec: TensorSpec, json: string, index: number, text: string): string {
  const values = flatten(json);
  values[index] = text;
  let next = 0;
  return JSON.stringify(fill(exampleShape(spec), () => typed(spec, values[next++] ?? '')));
}

/**
 * The request body in MLflow's `inputs` form, or the first thing that is wrong with the form.
 */
export function toRequest(signature: Signature, values: FormValues): { body: object } | { error: string } {
  const inputs: Record<string, unknown> = {};
  for (const spec of signature.inputs) {
    const parsed = parse(values[spec.name] ?? '');
    if ('error' in parsed) return { error: `${spec.name}: ${parsed.error}` };
    inputs[spec.name] = parsed.value;
  }
  return { body: { inputs } };
}

function parse(json: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(json) as unknown };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function typed(spec: TensorSpec, text: string): unknown {
  if (/string/.test(spec.type)) return text;
  if (/bool/.test(spec.type)) return text === 'true' || text === '1';
  const value = Number(text);
  return Number.isFinite(value) && text.trim() !== '' ? value : text;
}

function fill(shape: readonly number[], make: () => unknown): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return make();
  return Array.from({ length: size }, () => fill(rest, make));
}
