import * as Type from 'typebox';
import { Empty, InnerPath, RunId, Tags, Time, WorkspaceId } from '../domain/common.ts';
import { Deployment, DeploymentStats, Image } from '../domain/deployment.ts';
import { Model, ModelInspection, ModelName, ModelVersion } from '../domain/model.ts';
import { route } from './route.ts';

const workspace = Type.Object({ workspace: WorkspaceId });
const model = Type.Object({ workspace: WorkspaceId, model: ModelName });
const version = Type.Object({
  workspace: WorkspaceId,
  model: ModelName,
  version: Type.String({ description: 'A number, `latest`, or an alias.' }),
});
const deployment = Type.Object({ workspace: WorkspaceId, deployment: Type.String() });
const models = '/v1/workspaces/:workspace/models';
const deployments = '/v1/workspaces/:workspace/deployments';

/** Where a model comes from: a path in a run's outputs, or a file or folder of this machine. */
export const ModelSource = Type.Union([
  Type.Object({ run: RunId, path: InnerPath }),
  Type.Object({ file: Type.String({ minLength: 1, description: 'Absolute path.' }) }),
]);

export const modelRoutes = {
  'models.list': route({
    method: 'GET',
    path: models,
    summary: 'Registered models with their versions.',
    params: workspace,
    reply: Type.Object({ models: Type.Array(Model) }),
  }),
  'models.get': route({ method: 'GET', path: `${models}/:model`, summary: 'One model.', params: model, reply: Model }),
  'models.inspect': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/inspect-model',
    summary: 'Looks into a model file without registering it.',
    params: workspace,
    body: Type.Object({ source: ModelSource }),
    reply: ModelInspection,
  }),
  'models.register': route({
    method: 'POST',
    path: models,
    summary: 'Registers a model under a name as its next version.',
    params: workspace,
    body: Type.Object({
      name: ModelName,
      source: ModelSource,
      tags: Type.Optional(Tags),
      note: Type.Optional(Type.String()),
      requestId: Type.Optional(Type.String()),
    }),
    reply: ModelVersion,
  }),
  'models.update': route({
    method: 'PATCH',
    path: `${models}/:model`,
    summary: 'Renames a model, sets note, tags (empty removes) and aliases (0 removes).',
    params: model,
    body: Type.Object({
      name: Type.Optional(ModelName),
      note: Type.Optional(Type.String()),
      tags: Type.Optional(Tags),
      aliases: Type.Optional(Type.Record(Type.String({ pattern: '^[\\w-]{1,255}$' }), Type.Integer({ minimum: 0 }))),
    }),
    reply: Model,
  }),
  'models.updateVersion': route({
    method: 'PATCH',
    path: `${models}/:model/versions/:version`,
    summary: 'Sets note and tags of a version.',
    params: version,
    body: Type.Object({ note: Type.Optional(Type.String()), tags: Type.Optional(Tags) }),
    reply: ModelVersion,
  }),
  'models.delete': route({
    method: 'DELETE',
    path: `${models}/:model`,
    summary: 'Deletes a model with all versions; refused while one is in use.',
    params: model,
    reply: Empty,
  }),
  'models.deleteVersion': route({
    method: 'DELETE',
    path: `${models}/:model/versions/:version`,
    summary: 'Deletes a version; refused while an image or a deployment uses it, and the refusal names it.',
    params: version,
    reply: Empty,
  }),
  'models.file': route({
    method: 'GET',
    path: `${models}/:model/versions/:version/file`,
    summary: 'A file of the version.',
    params: version,
    query: Type.Object({ path: Type.Optional(InnerPath) }),
    reply: 'bytes',
  }),
  'models.predict': route({
    method: 'POST',
    path: `${models}/:model/versions/:version/predict`,
    summary: 'Runs the model once, in a child process. The body is one of MLflow’s four JSON input forms.',
    params: version,
    body: Type.Object({ input: Type.Unknown() }),
    reply: Type.Object({
      predictions: Type.Unknown(),
      milliseconds: Type.Number(),
      loadMilliseconds: Type.Optional(Type.Number()),
    }),
  }),
  'images.list': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/images',
    summary: 'Images built from models.',
    params: workspace,
    reply: Type.Object({
      images: Type.Array(Image),
      engine: Type.Optional(Type.String()),
      problem: Type.Optional(Type.String()),
    }),
  }),
  'images.delete': route({
    method: 'DELETE',
    path: '/v1/workspaces/:workspace/images/:image',
    summary: 'Deletes an image; refused while a deployment uses it.',
    params: Type.Object({ workspace: WorkspaceId, image: Type.String() }),
    reply: Empty,
  }),
  'deployments.list': route({
    method: 'GET',
    path: deployments,
    summary: 'Deployments.',
    params: workspace,
    reply: Type.Object({ deployments: Type.Array(Deployment) }),
  }),
  'deployments.get': route({
    method: 'GET',
    path: `${deployments}/:deployment`,
    summary: 'One deployment.',
    params: deployment,
    reply: Deployment,
  }),
  'deployments.create': route({
    method: 'POST',
    path: deployments,
    summary:
      'Builds the image where needed and starts the service. Answers at once; the activity has progress and log. With the name of a healthy deployment and another version, moves that deployment to it: the old version serves until the new one is healthy.',
    params: workspace,
    body: Type.Object({
      name: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })),
      model: ModelName,
      version: Type.Optional(Type.String()),
      kind: Type.Optional(Type.Union([Type.Literal('docker'), Type.Literal('process')])),
      baseImage: Type.Optional(Type.String({ minLength: 1 })),
      port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
      cpus: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      memory: Type.Optional(Type.Integer({ minimum: 33_554_432 })),
      restart: Type.Optional(Deployment.properties.restart),
      dockerHost: Type.Optional(
        Type.String({ description: 'Engine address; default DOCKER_HOST or the local socket.' }),
      ),
    }),
    reply: Type.Object({ deployment: Deployment, activity: Type.String() }),
  }),
  'deployments.start': route({
    method: 'POST',
    path: `${deployments}/:deployment/start`,
    summary: 'Starts a stopped deployment on the same port.',
    params: deployment,
    body: Empty,
    reply: Deployment,
  }),
  'deployments.stop': route({
    method: 'POST',
    path: `${deployments}/:deployment/stop`,
    summary: 'Stops a deployment; its port stays reserved for it.',
    params: deployment,
    body: Empty,
    reply: Deployment,
  }),
  'deployments.delete': route({
    method: 'DELETE',
    path: `${deployments}/:deployment`,
    summary: 'Stops and removes a deployment.',
    params: deployment,
    reply: Empty,
  }),
  'deployments.log': route({
    method: 'GET',
    path: `${deployments}/:deployment/log`,
    summary: 'The last lines of the service’s log.',
    params: deployment,
    query: Type.Object({ tail: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })) }),
    reply: 'bytes',
  }),
  'deployments.stats': route({
    method: 'GET',
    path: `${deployments}/:deployment/stats`,
    summary: 'Requests, errors, latency, CPU and memory now.',
    params: deployment,
    reply: DeploymentStats,
  }),
  'deployments.invoke': route({
    method: 'POST',
    path: `${deployments}/:deployment/invoke`,
    summary: 'Sends one test request to the service.',
    params: deployment,
    body: Type.Object({ path: Type.Optional(Type.String({ pattern: '^/[a-z/]*$' })), input: Type.Unknown() }),
    reply: Type.Object({ status: Type.Integer(), body: Type.Unknown(), milliseconds: Type.Number(), at: Time }),
  }),
};
