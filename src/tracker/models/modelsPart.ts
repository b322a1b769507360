import path from 'node:path';
import { Problem } from '../../shared/api/error.ts';
import type { Part } from '../api/handlers.ts';
import type { TrackerContext } from '../context.ts';
import { actorOf } from '../workspaces/audit.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { ModelInspector } from './modelInspector.ts';
import { ModelRegistry, type RunLookup } from './modelRegistry.ts';
import { Predictor } from './predictor.ts';

export type ModelRouteName =
  | 'models.list'
  | 'models.get'
  | 'models.inspect'
  | 'models.register'
  | 'models.update'
  | 'models.updateVersion'
  | 'models.delete'
  | 'models.deleteVersion'
  | 'models.file'
  | 'models.predict';

export interface ModelServices {
  readonly runs: RunLookup;
}

/** A model that a run logged with the helper. */
export interface LoggedModel {
  readonly run: string;
  readonly name: string;
  readonly path: string;
  readonly requestId: string;
}

export interface ModelsPart extends Part<ModelRouteName> {
  /** For the deployments part. */
  readonly registry: ModelRegistry;
  /** For the runs part. */
  registerModel(store: WorkspaceStore, model: LoggedModel, actor: Actor): Promise<void>;
  usersOfRun(store: WorkspaceStore, run: string): string[];
}

/** The registry's routes: registration, inspection, aliases and tags, trying a model. */
export function createModelsPart(context: TrackerContext, services: ModelServices): ModelsPart {
  const { workspaces } = context;
  const registry = new ModelRegistry({ events: context.events, inspector: new ModelInspector(), runs: services.runs });
  const predictor = new Predictor();
  const open = (params: { workspace: string }) => workspaces.open(params.workspace);
  return {
    registry,
    registerModel: async (store, { run, name, path: inner, requestId }, actor) => {
      await registry.register(store, { name, source: { run, path: inner }, requestId: `${run}/${requestId}` }, actor);
    },
    usersOfRun: (store, run) => registry.usersOfRun(store, run),
    handlers: {
      'models.list': ({ params }) => ({ models: registry.list(open(params)) }),
      'models.get': ({ params }) => registry.get(open(params), params.model),
      'models.inspect': ({ params, body, signal }) => registry.inspect(open(params), body.source, signal),
      'models.register': ({ params, body, caller }) => {
        const store = open(params);
        const actor = actorOf(caller);
        const options = { kind: 'register', title: `Registering ${body.name}`, workspace: store.id };
        return context.activities.run(options, (control) => registry.register(store, body, actor, control.signal));
      },
      'models.update': ({ params, body, caller }) => registry.update(open(params), params.model, body, actorOf(caller)),
      'models.updateVersion': ({ params, body, caller }) =>
        registry.updateVersion(open(params), params.model, params.version, body, actorOf(caller)),
      'models.delete': async ({ params, caller }) => {
        await registry.delete(open(params), params.model, actorOf(caller));
        // Which children had it is not worth finding out: the others are started again when asked.
        predictor.forget();
        return {};
      },
      'models.deleteVersion': async ({ params, caller }) => {
        const store = open(params);
        const { folder } = registry.version(store, params.model, params.version);
        await registry.deleteVersion(store, params.model, params.version, actorOf(caller));
        predictor.forget(folder);
        return {};
      },
      'models.file': ({ params, query }) => {
        const store = open(params);
        const { modelId, info, entry } = registry.version(store, params.model, params.version);
        const inner = query.path ?? entry;
        const file = registry.files(store).file(modelId, info.version, inner);
        return { file, contentType: 'application/octet-stream', downloadName: path.posix.basename(inner) };
      },
      'models.predict': async ({ params, body }) => {
        const { info, folder, entry } = registry.version(open(params), params.model, params.version);
        if (info.limitation !== undefined) {
          throw new Problem('invalid', `${info.model}:${info.version} cannot be tried: ${info.limitation}`);
        }
        return predictor.predict(path.join(folder, entry), info.bytes, body.input);
      },
    },
    start: () => {
      for (const store of workspaces.all()) registry.sweep(store);
    },
    stop: () => predictor.forget(),
  };
}
