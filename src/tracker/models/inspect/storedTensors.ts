import fs from 'node:fs';
import path from 'node:path';
import { elementBits, invalid, type OnnxFile, type StoredTensor } from './onnxProto.ts';

/**
 * Holds what a model claims about its tensors against what is there: sizes against bytes, and files beside it against
 * the folder that it is in. It is done before any session, because a reader in C++ should not have to.
 *
 * @returns the files beside the model that hold weights, relative to `folder`, each once
 * @throws Problem `invalid-model`
 */
export function checkStoredTensors(onnx: OnnxFile, folder: string, bytes: number): string[] {
  const files = new Map<string, number>();
  for (const tensor of onnx.tensors) {
    const size = claimedBytes(tensor);
    const { location } = tensor.external;
    if (location === undefined) {
      checkInside(tensor, size, bytes);
      continue;
    }
    const there = files.get(location) ?? resolveExternal(folder, location);
    files.set(location, there);
    checkExternal(tensor, size, there);
  }
  for (const spec of [...onnx.inputs, ...onnx.outputs]) {
    if (spec.shape.some((dim) => typeof dim === 'number' && !(dim < 2 ** 40))) {
      throw invalid(`The shape of ${quote(spec.name)} is absurd: [${spec.shape.join(', ')}].`, HOSTILE);
    }
  }
  return [...files.keys()];
}

const HOSTILE = 'The file is damaged or made to do harm; export the model again from where it comes.';

function claimedBytes(tensor: StoredTensor): bigint {
  if (tensor.dims.some((dim) => dim < 0n)) {
    throw invalid(`The tensor ${quote(tensor.name)} has a negative dimension: [${tensor.dims.join(', ')}].`, HOSTILE);
  }
  const elements = tensor.dims.reduce((product, dim) => product * dim, 1n);
  return (elements * BigInt(elementBits(tensor.dataType)) + 7n) / 8n;
}

function checkInside(tensor: StoredTensor, size: bigint, bytes: number): void {
  const shape = `[${tensor.dims.join(', ')}]`;
  // Typed fields pack an element into a byte at least, and sixteen-bit ones into more; so eight is generous.
  if (size > BigInt(bytes) * 8n) {
    throw invalid(
      `The tensor ${quote(tensor.name)} claims ${size} bytes ${shape}, but the whole file has ${bytes}.`,
      HOSTILE,
    );
  }
  if (tensor.rawBytes !== undefined && elementBits(tensor.dataType) > 0 && BigInt(tensor.rawBytes) !== size) {
    throw invalid(
      `The tensor ${quote(tensor.name)} of shape ${shape} should have ${size} bytes and has ${tensor.rawBytes}.`,
      HOSTILE,
    );
  }
}

function checkExternal(tensor: StoredTensor, size: bigint, fileBytes: number): void {
  const { location, offset = '0', length } = tensor.external;
  if (!/^\d{1,18}$/.test(offset) || (length !== undefined && !/^\d{1,18}$/.test(length))) {
    throw invalid(`The tensor ${quote(tensor.name)} has no valid place in ${quote(location ?? '')}.`, HOSTILE);
  }
  const needed = BigInt(offset) + BigInt(length ?? size);
  if (needed > BigInt(fileBytes) || (length !== undefined && BigInt(length) !== size)) {
    throw invalid(
      `The tensor ${quote(tensor.name)} needs ${needed} bytes of ${quote(location ?? '')}, which has ${fileBytes}.`,
      'The weights file is cut short or belongs to another model; copy both again.',
    );
  }
}

/** @returns its size in bytes */
function resolveExternal(folder: string, location: string): number {
  const keep =
    'Weights must lie in the folder of the model or below it; save the model anew with its weights beside it.';
  const parts = location.split(/[\\/]/);
  const outside = location === '' || path.posix.isAbsolute(location) || path.win32.isAbsolute(location);
  if (outside || /^[A-Za-z]:/.test(location) || parts.includes('..') || location.includes('\0')) {
    throw invalid(`The model wants to read its weights from ${quote(location)}, outside its folder.`, keep);
  }
  const file = path.join(folder, location);
  let real: string;
  try {
    real = fs.realpathSync(file);
  } catch {
    throw invalid(`The weights file ${quote(location)} of the model is missing.`, `Put it beside the model: ${file}`);
  }
  const root = fs.realpathSync(folder);
  if (real !== root && !real.startsWith(root + path.sep)) {
    throw invalid(`The weights file ${quote(location)} is a link that leads outside the model's folder.`, keep);
  }
  const stat = fs.statSync(real);
  if (!stat.isFile()) throw invalid(`The weights ${quote(location)} of the model are no file.`, keep);
  return stat.size;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
