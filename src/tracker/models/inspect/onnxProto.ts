import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Problem } from '../../../shared/api/error.ts';
import type { TensorSpec } from '../../../shared/domain/model.ts';

/** A tensor that the file stores, as far as it must be known to judge the file. */
export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly bigint[];
  readonly dataType: number;
  /** Bytes of raw data, or undefined when the values stand in typed fields or in another file. */
  readonly rawBytes: number | undefined;
  /** Entries of `external_data`; empty unless the values are in another file. */
  readonly external: Readonly<Record<string, string>>;
}

/** What an ONNX file says about itself (onnx.proto of the ONNX project; field numbers are its). */
export interface OnnxFile {
  readonly irVersion: number;
  readonly producer: string | undefined;
  readonly opsets: readonly { domain: string; version: number }[];
  /** Inputs of the graph that have no initializer, so that they must be given. */
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Names of inputs and outputs that are no tensors: sequences, maps, optionals. */
  readonly nonTensors: readonly string[];
  readonly nodes: number;
  readonly tensors: readonly StoredTensor[];
}

/** Subgraphs nest in attributes; deeper than this is made to exhaust a reader. */
const MAX_DEPTH = 32;

const TYPES: Record<number, { name: string; bits: number }> = {
  1: { name: 'float32', bits: 32 },
  2: { name: 'uint8', bits: 8 },
  3: { name: 'int8', bits: 8 },
  4: { name: 'uint16', bits: 16 },
  5: { name: 'int16', bits: 16 },
  6: { name: 'int32', bits: 32 },
  7: { name: 'int64', bits: 64 },
  8: { name: 'string', bits: 0 },
  9: { name: 'bool', bits: 8 },
  10: { name: 'float16', bits: 16 },
  11: { name: 'float64', bits: 64 },
  12: { name: 'uint32', bits: 32 },
  13: { name: 'uint64', bits: 64 },
  14: { name: 'complex64', bits: 64 },
  15: { name: 'complex128', bits: 128 },
  16: { name: 'bfloat16', bits: 16 },
  17: { name: 'float8e4m3fn', bits: 8 },
  18: { name: 'float8e4m3fnuz', bits: 8 },
  19: { name: 'float8e5m2', bits: 8 },
  20: { name: 'float8e5m2fnuz', bits: 8 },
  21: { name: 'uint4', bits: 4 },
  22: { name: 'int4', bits: 4 },
};

/** Bits of one element, or 0 where they vary or are unknown. */
export function elementBits(dataType: number): number {
  return TYPES[dataType]?.bits ?? 0;
}

/**
 * Reads the structure of an ONNX file without making a session of it.
 *
 * @throws Problem `invalid-model` when the bytes are no ONNX model
 */
export function readOnnx(bytes: Uint8Array): OnnxFile {
  const model = new Model();
  try {
    model.read(bytes);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw model.sawGraphStart
      ? invalid(
          'The ONNX file is cut short or damaged: it ends in the middle of its graph.',
          'Copy or export it again.',
        )
      : invalid('The file is not an ONNX model.', 'Export the model to ONNX and register the .onnx file.');
  }
  if (model.graph === undefined || model.irVersion === 0) {
    throw invalid('The file is not an ONNX model: it has no graph.', 'Export the model to ONNX again.');
  }
  const given = new Set(model.graph.initializers);
  const inputs = model.graph.inputs.filter((input) => !given.has(input.spec.name));
  const { outputs, nodes } = model.graph;
  return {
    irVersion: model.irVersion,
    producer: model.producer,
    opsets: model.opsets,
    inputs: inputs.map(({ spec }) => spec),
    outputs: outputs.map(({ spec }) => spec),
    nonTensors: [...inputs, ...outputs].filter(({ isTensor }) => !isTensor).map(({ spec }) => spec.name),
    nodes,
    tensors: model.tensors,
  };
}

interface Value {
  spec: TensorSpec;
  isTensor: boolean;
}

interface Graph {
  inputs: Value[];
  outputs: Value[];
  initializers: string[];
  nodes: number;
}

class Model {
  irVersion = 0;
  producer: string | undefined;
  graph: Graph | undefined;
  sawGraphStart = false;
  readonly opsets: { domain: string; version: number }[] = [];
  readonly tensors: StoredTensor[] = [];

  read(bytes: Uint8Array): void {
    let producerVersion = '';
    eachField(bytes, (reader, field, wire) => {
      if (field === 1 && wire === WireType.Varint) this.irVersion = Number(reader.int64());
      else if (field === 2) this.producer = reader.string();
      else if (field === 3) producerVersion = reader.string();
      else if (field === 7) {
        this.sawGraphStart = this.irVersion > 0;
        this.graph = this.#graph(reader.bytes(), 0);
      } else if (field === 8) this.#opset(reader.bytes());
      else if (field === 25)
        eachField(reader.bytes(), (inner, at, kind) =>
          at === 7 ? this.#node(inner.bytes(), 1) : inner.skip(kind, at),
        );
      else reader.skip(wire, field);
    });
    if (this.producer !== undefined && producerVersion !== '') this.producer += ` ${producerVersion}`;
  }

  #opset(bytes: Uint8Array): void {
    let domain = '';
    let version = 0;
    eachField(bytes, (reader, field, wire) => {
      if (field === 1) domain = reader.string();
      else if (field === 2) version = Number(reader.int64());
      else reader.skip(wire, field);
    });
    this.opsets.push({ domain: domain === '' ? 'ai.onnx' : domain, version });
  }

  #graph(bytes: Uint8Array, depth: number): Graph {
    if (depth > MAX_DEPTH) throw invalid(`The model nests more than ${MAX_DEPTH} graphs.`, 'It is refused as hostile.');
    const graph: Graph = { inputs: [], outputs: [], initializers: [], nodes: 0 };
    eachField(bytes, (reader, field, wire) => {
      if (field === 1) {
        graph.nodes++;
        this.#node(reader.bytes(), depth);
      } else if (field === 5) graph.initializers.push(this.#tensor(reader.bytes()));
      else if (field === 11) graph.inputs.push(readValue(reader.bytes()));
      else if (field === 12) graph.outputs.push(readValue(reader.bytes()));
      else if (field === 15) graph.initializers.push(this.#sparse(reader.bytes()));
      else reader.skip(wire, field);
    });
    return graph;
  }

  #node(bytes: Uint8Array, depth: number): void {
    eachField(bytes, (reader, field, wire) => {
      if (field === 5) this.#attribute(reader.bytes(), depth);
      else reader.skip(wire, field);
    });
  }

  #attribute(bytes: Uint8Array, depth: number): void {
    eachField(bytes, (reader, field, wire) => {
      if (field === 5 || field === 10) this.#tensor(reader.bytes());
      else if (field === 6 || field === 11) this.#graph(reader.bytes(), depth + 1);
      else if (field === 22 || field === 23) this.#sparse(reader.bytes());
      else reader.skip(wire, field);
    });
  }

  /** Values and indices are stored tensors; the first of them carries the name. */
  #sparse(bytes: Uint8Array): string {
    let name = '';
    eachField(bytes, (reader, field, wire) => {
      if (field === 1) name = this.#tensor(reader.bytes());
      else if (field === 2) this.#tensor(reader.bytes());
      else reader.skip(wire, field);
    });
    return name;
  }

  #tensor(bytes: Uint8Array): string {
    const dims: bigint[] = [];
    const external: Record<string, string> = {};
    let name = '';
    let dataType = 0;
    let rawBytes: number | undefined;
    eachField(bytes, (reader, field, wire) => {
      if (field === 1 && wire === WireType.LengthDelimited) dims.push(...packed(reader.bytes()));
      else if (field === 1) dims.push(BigInt(reader.int64()));
      else if (field === 2) dataType = reader.int32();
      else if (field === 8) name = reader.string();
      else if (field === 9) rawBytes = reader.bytes().length;
      else if (field === 13) {
        const [key, value] = entry(reader.bytes());
        external[key] = value;
      } else reader.skip(wire, field);
    });
    this.tensors.push({ name, dims, dataType, rawBytes, external });
    return name;
  }
}

function readValue(bytes: Uint8Array): Value {
  let name = '';
  let type: { name: string; shape: (number | string)[]; isTensor: boolean } = { name: '?', shape: [], isTensor: true };
  eachField(bytes, (reader, field, wire) => {
    if (field === 1) name = reader.string();
    else if (field === 2) type = readType(reader.bytes(), 0);
    else reader.skip(wire, field);
  });
  return { spec: { name, type: type.name, shape: type.shape }, isTensor: type.isTensor };
}

/** TypeProto: a tensor's element and shape, or in words what else it is, such as `seq(map(int64, float32))`. */
function readType(bytes: Uint8Array, depth: number): { name: string; shape: (number | string)[]; isTensor: boolean } {
  let result = { name: '?', shape: [] as (number | string)[], isTensor: false };
  if (depth > MAX_DEPTH) throw invalid('The model nests its types too deeply.', 'It is refused as hostile.');
  const inner = (content: Uint8Array, at: number): string => {
    let name = '?';
    eachField(content, (reader, field, wire) => {
      if (field === at) name = readType(reader.bytes(), depth + 1).name;
      else reader.skip(wire, field);
    });
    return name;
  };
  eachField(bytes, (reader, field, wire) => {
    if (field === 1) result = { ...readTensorType(reader.bytes()), isTensor: true };
    else if (field === 4) result = { name: `seq(${inner(reader.bytes(), 1)})`, shape: [], isTensor: false };
    else if (field === 5) {
      const content = reader.bytes();
      result = { name: `map(${readTensorType(content).name}, ${inner(content, 2)})`, shape: [], isTensor: false };
    } else if (field === 8) result = { ...readTensorType(reader.bytes()), isTensor: false };
    else if (field === 9) result = { name: `optional(${inner(reader.bytes(), 1)})`, shape: [], isTensor: false };
    else reader.skip(wire, field);
  });
  return result;
}

/** Also reads the key type of a map, which has the same field number and kind. */
function readTensorType(bytes: Uint8Array): { name: string; shape: (number | string)[] } {
  let element = 0;
  let shape: (number | string)[] = [];
  eachField(bytes, (reader, field, wire) => {
    if (field === 1 && wire === WireType.Varint) element = reader.int32();
    else if (field === 2 && wire === WireType.LengthDelimited) shape = readShape(reader.bytes());
    else reader.skip(wire, field);
  });
  return { name: TYPES[element]?.name ?? `type ${element}`, shape };
}

function readShape(bytes: Uint8Array): (number | string)[] {
  const shape: (number | string)[] = [];
  eachField(bytes, (reader, field, wire) => {
    if (field !== 1 || wire !== WireType.LengthDelimited) {
      reader.skip(wire, field);
      return;
    }
    let dim: number | string = '?';
    eachField(reader.bytes(), (inner, at, kind) => {
      if (at === 1 && kind === WireType.Varint) dim = Number(inner.int64());
      else if (at === 2) dim = inner.string();
      else inner.skip(kind, at);
    });
    shape.push(typeof dim === 'number' && dim < 0 ? '?' : dim);
  });
  return shape;
}

function entry(bytes: Uint8Array): [string, string] {
  let key = '';
  let value = '';
  eachField(bytes, (reader, field, wire) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else reader.skip(wire, field);
  });
  return [key, value];
}

function packed(bytes: Uint8Array): bigint[] {
  const reader = new BinaryReader(bytes);
  const values: bigint[] = [];
  while (reader.pos < reader.len) values.push(BigInt(reader.int64()));
  return values;
}

/** Calls `read` at each field; it must take exactly the field's content off the reader. */
function eachField(bytes: Uint8Array, read: (reader: BinaryReader, field: number, wire: WireType) => unknown): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    read(reader, field, wire);
  }
}

export function invalid(message: string, hint: string): Problem {
  return new Problem('invalid-model', message, { hint });
}
