import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Signature, TensorSpec } from '../shared/domain/model.ts';
import { type Feeds, parseInput } from './forms.ts';
import { InputError } from './inputError.ts';
import { toNested } from './outputs.ts';
import { runtimeReason } from './runtimeReason.ts';

/** A model that is loaded and can be asked. */
export interface OnnxModel {
  readonly signature: Signature;
  /** `body` is one of MLflow's four forms. The answer has one entry for each tensor output. @throws InputError */
  predict(body: unknown): Promise<Record<string, unknown>>;
  run(feeds: Feeds): Promise<Record<string, unknown>>;
  dispose(): Promise<void>;
}

export interface LoadOptions {
  /** Threads that one prediction may use; onnxruntime's own choice by default. */
  readonly threads?: number | undefined;
}

/**
 * Opens a model with onnxruntime. Only ever call this in a process that may die: a model file is foreign code of a
 * kind, and onnxruntime is written in C++.
 */
export async function loadOnnxModel(file: string, options: LoadOptions = {}): Promise<OnnxModel> {
  const ort = await loadRuntime();
  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    // Warnings about unused initialisers and the like would fill the log of every service.
    logSeverityLevel: 3,
    ...(options.threads ? { intraOpNumThreads: options.threads, interOpNumThreads: 1 } : {}),
  });
  const signature: Signature = {
    inputs: session.inputMetadata.map(toSpec),
    outputs: session.outputMetadata.map(toSpec),
  };
  // Sequences and maps (ZipMap) cannot be handed over by onnxruntime's Node binding; the tensors beside them can.
  const fetched = session.outputMetadata.filter((output) => output.isTensor).map((output) => output.name);
  const run = async (feeds: Feeds): Promise<Record<string, unknown>> => {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { type, data, dims }] of Object.entries(feeds)) {
      tensors[name] = new ort.Tensor(type as 'float32', data as Float32Array, dims);
    }
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await session.run(tensors, fetched);
    } catch (error) {
      throw new InputError(`The model cannot compute this input: ${runtimeReason(error)}`);
    }
    return Object.fromEntries(fetched.map((name) => [name, toNested(results[name] as Parameters<typeof toNested>[0])]));
  };
  return {
    signature,
    run,
    predict: async (body) => run(parseInput(body, signature.inputs)),
    dispose: () => session.release(),
  };
}

/**
 * Loaded late and with its telemetry, which it sends on Linux since 1.29, switched off. A Float16Array, where Node has
 * one, must be out of sight before the first tensor: onnxruntime 1.30 makes half tensors of it, and its native part
 * then finds no bytes in them. Bits in a Uint16Array work on every Node.
 */
export async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  Reflect.deleteProperty(globalThis, 'Float16Array');
  const module = await import('onnxruntime-node');
  return 'default' in module ? (module.default as typeof module) : module;
}

function toSpec(metadata: InferenceSession.ValueMetadata): TensorSpec {
  if (!metadata.isTensor) return { name: metadata.name, type: 'sequence or map', shape: [] };
  return { name: metadata.name, type: metadata.type, shape: metadata.shape.map((size) => (size === '' ? '?' : size)) };
}
