import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Time } from './common.ts';
import { ModelName, Signature } from './model.ts';

export const Image = Type.Object({
  id: Type.String({ description: 'Image id of the engine, sha256:…' }),
  tag: Type.String(),
  model: ModelName,
  version: Type.Integer(),
  baseImage: Type.String(),
  bytes: Type.Integer(),
  createdAt: Time,
  usedBy: Type.Array(Type.String()),
});
export type Image = Static<typeof Image>;

export const DeploymentState = Type.Union([
  Type.Literal('building'),
  Type.Literal('starting'),
  Type.Literal('healthy'),
  Type.Literal('unhealthy'),
  Type.Literal('stopped'),
  Type.Literal('failed'),
]);
export type DeploymentState = Static<typeof DeploymentState>;

export const Deployment = Type.Object({
  id: Type.String(),
  name: Type.String(),
  model: ModelName,
  version: Type.Integer(),
  /** `docker`: a container. `process`: the same service as a local process, where no Docker engine was found. */
  kind: Type.Union([Type.Literal('docker'), Type.Literal('process')]),
  state: DeploymentState,
  message: Type.Optional(Type.String({ description: 'Why it is not healthy, or what is being done.' })),
  url: Type.Optional(Type.String({ description: 'http://127.0.0.1:PORT' })),
  port: Type.Optional(Type.Integer()),
  image: Type.Optional(Type.String()),
  container: Type.Optional(Type.String()),
  createdAt: Time,
  updatedAt: Time,
  limits: Type.Object({ cpus: Type.Optional(Type.Number()), memory: Type.Optional(Type.Integer()) }),
  restart: Type.Union([Type.Literal('no'), Type.Literal('on-failure'), Type.Literal('unless-stopped')]),
  signature: Type.Optional(Signature),
});
export type Deployment = Static<typeof Deployment>;

export const DeploymentStats = Type.Object({
  at: Time,
  requests: Type.Integer(),
  errors: Type.Integer(),
  p50: Type.Optional(Type.Number({ description: 'Milliseconds.' })),
  p99: Type.Optional(Type.Number({ description: 'Milliseconds.' })),
  cpu: Type.Optional(Type.Number({ description: 'Percent of one core.' })),
  memory: Type.Optional(Type.Integer({ description: 'Bytes.' })),
});
export type DeploymentStats = Static<typeof DeploymentStats>;
