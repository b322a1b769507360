import type { Static } from 'typebox';
import * as Type from 'typebox';
import { RunId, Tags, Time } from './common.ts';

/** Registry name: no `/` or `:`, so that `name:3` and MLflow's addresses stay unambiguous. */
export const ModelName = Type.String({ minLength: 1, maxLength: 250, pattern: '^[^/:\\u0000-\\u001f]+$' });

export const TensorSpec = Type.Object({
  name: Type.String(),
  /** Element type in ONNX's words: float32, int64, string, … */
  type: Type.String(),
  /** One entry a dimension; a number, or the name of a free dimension. */
  shape: Type.Array(Type.Union([Type.Integer(), Type.String()])),
});
export type TensorSpec = Static<typeof TensorSpec>;

export const Signature = Type.Object({ inputs: Type.Array(TensorSpec), outputs: Type.Array(TensorSpec) });
export type Signature = Static<typeof Signature>;

export const OnnxFacts = Type.Object({
  irVersion: Type.Integer(),
  producer: Type.Optional(Type.String()),
  opsets: Type.Array(Type.Object({ domain: Type.String(), version: Type.Integer() })),
  externalData: Type.Array(Type.String(), { description: 'Files beside the model that hold its weights.' }),
  nodes: Type.Integer(),
});
export type OnnxFacts = Static<typeof OnnxFacts>;

/** What was found in a model file before anything of it is run. */
export const ModelInspection = Type.Object({
  format: Type.String({ description: 'onnx, or the format guessed from the file: pickle, joblib, safetensors, …' }),
  bytes: Type.Integer(),
  files: Type.Integer(),
  signature: Type.Optional(Signature),
  onnx: Type.Optional(OnnxFacts),
  /** Why it cannot be tried or deployed, when it cannot. */
  limitation: Type.Optional(Type.String()),
});
export type ModelInspection = Static<typeof ModelInspection>;

export const ModelVersion = Type.Interface([ModelInspection], {
  model: ModelName,
  version: Type.Integer({ minimum: 1 }),
  createdAt: Time,
  hash: Type.String(),
  run: Type.Optional(RunId),
  runName: Type.Optional(Type.String()),
  source: Type.String({ description: 'Where it came from: path in the run’s outputs, or the file registered.' }),
  snapshot: Type.Optional(Type.String()),
  params: Type.Record(Type.String(), Type.String()),
  metrics: Type.Record(Type.String(), Type.Number()),
  note: Type.Optional(Type.String()),
  tags: Tags,
  aliases: Type.Array(Type.String()),
  /** What uses it and so forbids its deletion, in words: `image digits:3`, `deployment digits-api`. */
  usedBy: Type.Array(Type.String()),
});
export type ModelVersion = Static<typeof ModelVersion>;

export const Model = Type.Object({
  name: ModelName,
  createdAt: Time,
  updatedAt: Time,
  note: Type.Optional(Type.String()),
  tags: Tags,
  aliases: Type.Record(Type.String(), Type.Integer()),
  latestVersion: Type.Integer(),
  versions: Type.Array(ModelVersion),
});
export type Model = Static<typeof Model>;
