import type { TensorSpec } from '../shared/domain/model.ts';
import { InputError, isRecord, kindOf } from './inputError.ts';
import { castTensor, describeSpec, type FeedTensor } from './tensorInput.ts';

/** MLflow's four JSON forms of a scoring request; exactly one stands in a body. */
export const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

const BESIDE = ['params', 'signature_name'];

export type Feeds = Record<string, FeedTensor>;

/**
 * Reads a request in one of MLflow's forms and casts it by the model's own inputs.
 *
 * @throws InputError
 */
export function parseInput(body: unknown, inputs: readonly TensorSpec[]): Feeds {
  if (!isRecord(body)) throw new InputError(`The body is ${kindOf(body)}; it must be an object with ${formNames()}.`);
  const present = FORMS.filter((form) => body[form] !== undefined);
  const form = present[0];
  if (form === undefined || present.length > 1) {
    const found = present.length > 1 ? `both ${present.join(' and ')}` : nearest(Object.keys(body));
    throw new InputError(`The body must have exactly one of ${formNames()}; it has ${found}.`);
  }
  const stray = Object.keys(body).find((key) => key !== form && !BESIDE.includes(key));
  if (stray !== undefined) throw new InputError(`The body has ${JSON.stringify(stray)} beside ${form}; remove it.`);
  const value = body[form];
  if (form === 'dataframe_split') return fromSplit(value, inputs);
  if (form === 'dataframe_records') return fromRecords(value, inputs);
  return form === 'instances' ? fromInstances(value, inputs) : fromInputs(value, inputs);
}

/** A table: with one input that is no column's name the rows are the tensor, else each input is a column. */
export function fromFrame(
  columns: readonly string[] | undefined,
  rows: readonly (readonly unknown[])[],
  inputs: readonly TensorSpec[],
): Feeds {
  const only = inputs.length === 1 ? inputs[0] : undefined;
  if (only && !columns?.includes(only.name)) {
    const width = columns?.length ?? rows[0]?.length ?? 0;
    // One column whose cells are the rows of a tensor: texts for a vector, nested lists for images.
    const cells = width === 1 && (only.shape.length === 1 || rows.some((row) => Array.isArray(row[0])));
    return { [only.name]: castTensor(only, cells ? rows.map((row) => row[0]) : rows) };
  }
  if (!columns) throw new InputError(`The data have no columns; the model needs ${wanted(inputs)}.`);
  return feed(inputs, (input) => {
    const index = columns.indexOf(input.name);
    if (index < 0) {
      throw new InputError(
        `The column ${JSON.stringify(input.name)} is missing. The model takes ${wanted(inputs)}; ` +
          `the columns are ${columns.map((column) => JSON.stringify(column)).join(', ')}.`,
      );
    }
    const column = rows.map((row) => row[index]);
    // Scikit-learn's converter makes one input of shape [N, 1] for each column.
    return input.shape.length === 2 && !column.some(Array.isArray) ? column.map((cell) => [cell]) : column;
  });
}

function fromSplit(value: unknown, inputs: readonly TensorSpec[]): Feeds {
  if (!isRecord(value) || !Array.isArray(value.data)) {
    throw new InputError('dataframe_split must be an object with "columns" (names) and "data" (a list of rows).');
  }
  const columns = value.columns;
  if (
    columns !== undefined &&
    !(Array.isArray(columns) && columns.every((name) => ['string', 'number'].includes(typeof name)))
  ) {
    throw new InputError('"columns" of dataframe_split must be a list of names.');
  }
  const names = Array.isArray(columns) ? columns.map(String) : undefined;
  const rows = value.data.map((row: unknown, index) => {
    if (!Array.isArray(row)) throw new InputError(`Row ${index} of dataframe_split is ${kindOf(row)}, not a list.`);
    if (names && row.length !== names.length) {
      throw new InputError(`Row ${index} of dataframe_split has ${row.length} cells for ${names.length} columns.`);
    }
    return row as unknown[];
  });
  return fromFrame(names, rows, inputs);
}

function fromRecords(value: unknown, inputs: readonly TensorSpec[]): Feeds {
  if (!Array.isArray(value))
    throw new InputError(`dataframe_records is ${kindOf(value)}; it must be a list of objects.`);
  const first: unknown = value[0];
  const columns = isRecord(first) ? Object.keys(first) : inputs.map((input) => input.name);
  const rows = value.map((record: unknown, index) => {
    if (!isRecord(record)) throw new InputError(`Record ${index} is ${kindOf(record)}, not an object.`);
    return columns.map((column) => {
      if (record[column] === undefined) throw new InputError(`Record ${index} lacks ${JSON.stringify(column)}.`);
      return record[column];
    });
  });
  return fromFrame(columns, rows, inputs);
}

/** Row by row: each instance is a value of the only input, or an object of one value for each input. */
function fromInstances(value: unknown, inputs: readonly TensorSpec[]): Feeds {
  if (!Array.isArray(value)) throw new InputError(`instances is ${kindOf(value)}; it must be a list.`);
  const only = inputs.length === 1 ? inputs[0] : undefined;
  if (only && !isRecord(value[0])) return { [only.name]: castTensor(only, value) };
  return feed(inputs, (input) =>
    value.map((instance: unknown, index) => {
      const cell = isRecord(instance) ? instance[input.name] : undefined;
      if (cell === undefined) {
        throw new InputError(
          `Instance ${index} lacks ${JSON.stringify(input.name)}; the model takes ${wanted(inputs)}.`,
        );
      }
      return cell;
    }),
  );
}

/** Column by column: whole tensors by name, or the tensor itself where there is one input only. */
function fromInputs(value: unknown, inputs: readonly TensorSpec[]): Feeds {
  const only = inputs.length === 1 ? inputs[0] : undefined;
  if (!isRecord(value)) {
    if (only) return { [only.name]: castTensor(only, value) };
    throw new InputError(`inputs is ${kindOf(value)}; this model has several: ${wanted(inputs)}.`);
  }
  const stray = Object.keys(value).find((name) => !inputs.some((input) => input.name === name));
  if (stray !== undefined) {
    throw new InputError(`The model has no input ${JSON.stringify(stray)}; it takes ${wanted(inputs)}.`);
  }
  return feed(inputs, (input) => {
    const tensor = value[input.name];
    if (tensor === undefined) {
      throw new InputError(`The input ${JSON.stringify(input.name)} is missing; the model takes ${wanted(inputs)}.`);
    }
    return tensor;
  });
}

function feed(inputs: readonly TensorSpec[], pick: (input: TensorSpec) => unknown): Feeds {
  return Object.fromEntries(inputs.map((input) => [input.name, castTensor(input, pick(input))]));
}

function wanted(inputs: readonly TensorSpec[]): string {
  return inputs.map((input) => `${JSON.stringify(input.name)} (${describeSpec(input)})`).join(', ') || 'no inputs';
}

function formNames(): string {
  return `${FORMS.slice(0, -1).join(', ')} or ${FORMS.at(-1)}`;
}

function nearest(keys: readonly string[]): string {
  return keys.length === 0
    ? 'none'
    : `only ${keys
        .slice(0, 5)
        .map((key) => JSON.stringify(key))
        .join(', ')}`;
}
