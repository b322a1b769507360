import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Problem } from '../../shared/api/error.ts';
import type { Model, ModelInspection, ModelVersion } from '../../shared/domain/model.ts';
import type { EventHub } from '../api/eventHub.ts';
import { audit } from '../workspaces/audit.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { ModelFiles, type Staged } from './modelFiles.ts';
import type { ModelInspector, SurveyedFiles } from './modelInspector.ts';
import {
  findModel,
  findVersion,
  mergeTags,
  modelStatements,
  toModel,
  toVersion,
  usersOfVersion,
  type VersionRow,
} from './modelRows.ts';

/** What is known of the run that a model comes from. */
export interface RunFacts {
  readonly name: string;
  readonly snapshot?: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  /** Last values of its metrics; finite ones only. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What the models part needs to know of runs; handed in by `compose.ts`. */
export interface RunLookup {
  /** Absolute path of something in a run's outputs, contained in them. @throws Problem `not-found`, `invalid` */
  resolveOutput(store: WorkspaceStore, run: string, path: string): string | Promise<string>;
  /** @throws Problem `not-found` */
  describeRun(store: WorkspaceStore, run: string): RunFacts;
}

export type ModelSourceInput = { readonly run: string; readonly path: string } | { readonly file: string };

export interface Registration {
  readonly name: string;
  readonly source: ModelSourceInput;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly note?: string | undefined;
  readonly requestId?: string | undefined;
}

/** A version with what only the tracker needs to know of it. */
export interface RegisteredVersion {
  readonly modelId: string;
  readonly info: ModelVersion;
  readonly folder: string;
  /** The model's file in `folder`, `/` between parts. */
  readonly entry: string;
}

export interface RegistryOptions {
  readonly events: EventHub;
  readonly inspector: ModelInspector;
  readonly runs: RunLookup;
}

/** The same content from the same place within this time is the same registration, sent twice. */
const REPEAT_MS = 5 * 60_000;

/** Registered models of all workspaces: their files, their rows, and what may not be done to them. */
export class ModelRegistry {
  readonly #options: RegistryOptions;
  readonly #files = new WeakMap<WorkspaceStore, ModelFiles>();
  /** One registration after the other in a workspace, so that a number is given once. */
  readonly #placing = new WeakMap<WorkspaceStore, Promise<unknown>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  list(store: WorkspaceStore): Model[] {
    return modelStatements(store.db)
      .models.all()
      .map((row) => toModel(store.db, row));
  }

  get(store: WorkspaceStore, name: string): Model {
    return toModel(store.db, findModel(store.db, name));
  }

  version(store: WorkspaceStore, name: string, which: string): RegisteredVersion {
    const model = findModel(store.db, name);
    const row = findVersion(store.db, model, which);
    return {
      modelId: model.id,
      info: toVersion(store.db, model, row),
      folder: this.files(store).folder(model.id, row.version),
      entry: row.entry,
    };
  }

  files(store: WorkspaceStore): ModelFiles {
    let files = this.#files.get(store);
    if (!files) {
      files = new ModelFiles(store.paths.models);
      this.#files.set(store, files);
    }
    return files;
  }

  async inspect(store: WorkspaceStore, source: ModelSourceInput, signal?: AbortSignal): Promise<ModelInspection> {
    return this.#options.inspector.inspect(await this.#locate(store, source), signal);
  }

  /**
   * Copies, looks into the copy, and makes it the next version of its name. Repeating a request gives the version that
   * it made. A failure changes nothing.
   */
  async register(
    store: WorkspaceStore,
    input: Registration,
    actor: Actor,
    signal?: AbortSignal,
  ): Promise<ModelVersion> {
    const known = input.requestId === undefined ? undefined : modelStatements(store.db).byRequest.get(input.requestId);
    if (known) return this.#present(store, known);
    const facts = 'run' in input.source ? this.#options.runs.describeRun(store, input.source.run) : undefined;
    const source = await this.#locate(store, input.source);
    const survey = await this.#options.inspector.survey(source, signal);
    const files = this.files(store);
    const staged = await files.stage(survey.base, survey.files, signal);
    try {
      const found = await this.#options.inspector.inspect(subject(staged, survey), signal);
      // A folder may hold more than the model's own files.
      const inspection = { ...found, bytes: staged.bytes, files: survey.files.length };
      const made = { input, staged, survey, inspection, facts, actor };
      const before = this.#placing.get(store) ?? Promise.resolve();
      const placed = before.then(() => this.#place(store, made));
      this.#placing.set(
        store,
        placed.catch(() => undefined),
      );
      return await placed;
    } finally {
      // After it was placed there is nothing here any more.
      files.discard(staged);
    }
  }

  async update(
    store: WorkspaceStore,
    name: string,
    change: {
      name?: string | undefined;
      note?: string | undefined;
      tags?: Record<string, string> | undefined;
      aliases?: Record<string, number> | undefined;
    },
    actor: Actor,
  ): Promise<Model> {
    const model = await store.writer.write(() => {
      const { db } = store;
      const row = findModel(db, name);
      const statements = modelStatements(db);
      const renamed = change.name ?? row.name;
      if (renamed !== row.name && statements.byName.get(renamed)) {
        throw new Problem('conflict', `There is a model ${JSON.stringify(renamed)} already.`, {
          hint: 'Choose another name.',
        });
      }
      const note = change.note === undefined ? row.note : change.note || null;
      statements.updateModel.run(renamed, note, mergeTags(row.tags, change.tags), Date.now(), row.id);
      for (const [alias, version] of Object.entries(change.aliases ?? {})) {
        checkAlias(alias);
        if (version === 0) statements.dropAlias.run(row.id, alias);
        else statements.setAlias.run(row.id, alias, findVersion(db, row, String(version)).version);
      }
      const action = renamed === row.name ? 'update' : 'rename';
      audit(db, { actor, action, kind: 'model', subject: row.name, detail: { ...change } });
      return toModel(db, findModel(db, renamed));
    });
    this.changed(store);
    return model;
  }

  async updateVersion(
    store: WorkspaceStore,
    name: string,
    which: string,
    change: { note?: string | undefined; tags?: Record<string, string> | undefined },
    actor: Actor,
  ): Promise<ModelVersion> {
    const version = await store.writer.write(() => {
      const { db } = store;
      const model = findModel(db, name);
      const row = findVersion(db, model, which);
      const note = change.note === undefined ? row.note : change.note || null;
      modelStatements(db).updateVersion.run(note, mergeTags(row.tags, change.tags), model.id, row.version);
      modelStatements(db).touch.run(Date.now(), model.id);
      audit(db, { actor, action: 'update', kind: 'version', subject: `${name}:${row.version}`, detail: { ...change } });
      return toVersion(db, model, findVersion(db, model, String(row.version)));
    });
    this.changed(store);
    return version;
  }

  async delete(store: WorkspaceStore, name: string, actor: Actor): Promise<void> {
    const id = await store.writer.write(() => {
      const { db } = store;
      const model = findModel(db, name);
      const statements = modelStatements(db);
      const versions = statements.versions.all(model.id).map((row) => row.version);
      const users = versions.flatMap((version) => usersOfVersion(db, model.id, version));
      refuseInUse(`The model ${JSON.stringify(name)}`, users);
      statements.deleteVersions.run(model.id);
      statements.deleteModel.run(model.id);
      audit(db, { actor, action: 'delete', kind: 'model', subject: name, detail: { versions } });
      return model.id;
    });
    this.files(store).remove(id);
    this.changed(store);
  }

  async deleteVersion(store: WorkspaceStore, name: string, which: string, actor: Actor): Promise<void> {
    const gone = await store.writer.write(() => {
      const { db } = store;
      const model = findModel(db, name);
      const row = findVersion(db, model, which);
      refuseInUse(`Version ${row.version} of ${JSON.stringify(name)}`, usersOfVersion(db, model.id, row.version));
      const statements = modelStatements(db);
      statements.dropAliasesOf.run(model.id, row.version);
      statements.deleteVersion.run(model.id, row.version);
      statements.touch.run(Date.now(), model.id);
      audit(db, {
        actor,
        action: 'delete',
        kind: 'version',
        subject: `${name}:${row.version}`,
        detail: { hash: row.hash },
      });
      return row;
    });
    this.files(store).remove(gone.model, gone.version);
    this.changed(store);
  }

  /** Versions that come from a run, in words: `model digits:3`. They keep their own files, but name the run. */
  usersOfRun(store: WorkspaceStore, run: string): string[] {
    return modelStatements(store.db)
      .ofRun.all(run)
      .map(({ name, version }) => `model ${name}:${version}`);
  }

  /** Removes what registrations and deletions that were killed left behind. */
  sweep(store: WorkspaceStore): void {
    const places = modelStatements(store.db).places.all();
    this.files(store).sweep(new Set(places.map(({ model, version }) => `${model}/${version}`)));
  }

  changed(store: WorkspaceStore): void {
    this.#options.events.emit({ type: 'models', workspace: store.id });
  }

  async #locate(store: WorkspaceStore, source: ModelSourceInput): Promise<string> {
    if ('run' in source) return this.#options.runs.resolveOutput(store, source.run, source.path);
    if (!path.isAbsolute(source.file) || source.file.includes('\0')) {
      throw new Problem('invalid', `${JSON.stringify(source.file)} is not an absolute path.`, {
        hint: 'Name the file from the root of the disk.',
      });
    }
    return source.file;
  }

  #present(store: WorkspaceStore, row: VersionRow): ModelVersion {
    const model = modelStatements(store.db).byId.get(row.model);
    if (!model) throw new Error(`Version without a model: ${row.model}.`);
    return toVersion(store.db, model, row);
  }

  async #place(store: WorkspaceStore, made: Made): Promise<ModelVersion> {
    const { input, staged, actor } = made;
    const statements = modelStatements(store.db);
    const again = input.requestId === undefined ? undefined : statements.byRequest.get(input.requestId);
    const model = statements.byName.get(input.name);
    const row = toRow(made, model?.id ?? randomUUID(), (model?.last_version ?? 0) + 1);
    const same =
      again ??
      (model && isRepeat(statements.versions.get(model.id), row) ? statements.versions.get(model.id) : undefined);
    if (same) return this.#present(store, same);
    this.files(store).place(staged, row.model, row.version);
    const version = await store.writer.write(() => {
      if (!model) statements.insertModel.run(row.model, input.name, row.created_at, row.created_at);
      statements.raise.run(row.version, row.created_at, row.model);
      statements.insertVersion.run(row);
      const subject = `${input.name}:${row.version}`;
      audit(store.db, {
        actor,
        action: 'register',
        kind: 'version',
        subject,
        detail: { source: row.source, hash: row.hash },
      });
      return this.#present(store, row);
    });
    this.changed(store);
    return version;
  }
}

interface Made {
  readonly input: Registration;
  readonly staged: Staged;
  readonly survey: SurveyedFiles;
  readonly inspection: ModelInspection;
  readonly facts: RunFacts | undefined;
  readonly actor: Actor;
}

function toRow({ input, staged, survey, inspection, facts }: Made, model: string, version: number): VersionRow {
  return {
    model,
    version,
    created_at: Date.now(),
    hash: staged.hash,
    entry: survey.entry,
    source: 'run' in input.source ? input.source.path : input.source.file,
    run: 'run' in input.source ? input.source.run : null,
    run_name: facts?.name ?? null,
    snapshot: facts?.snapshot ?? null,
    params: JSON.stringify(facts?.params ?? {}),
    metrics: JSON.stringify(facts?.metrics ?? {}),
    inspection: JSON.stringify(inspection),
    note: input.note ?? null,
    tags: mergeTags('{}', input.tags),
    request_id: input.requestId ?? null,
  };
}

function isRepeat(latest: VersionRow | undefined, row: VersionRow): boolean {
  if (!latest || row.request_id !== null || row.created_at - latest.created_at > REPEAT_MS) return false;
  const keys = ['hash', 'source', 'run', 'note', 'tags'] as const;
  return keys.every((key) => latest[key] === row[key]);
}

/** What to look into in the copy: the file that is the model, or the folder where no single file is it. */
function subject(staged: Staged, survey: SurveyedFiles): string {
  const marks = survey.entry === 'MLmodel' || survey.entry === 'saved_model.pb';
  const isFolder = survey.format !== 'onnx' && (marks || survey.files.length > 1);
  return isFolder ? staged.folder : path.join(staged.folder, survey.entry);
}

function checkAlias(alias: string): void {
  if (alias === 'latest' || /^v?\d+$/i.test(alias)) {
    throw new Problem('invalid', `${JSON.stringify(alias)} cannot be an alias, because it means a version already.`, {
      hint: 'Choose a word such as champion.',
    });
  }
}

function refuseInUse(what: string, users: readonly string[]): void {
  if (users.length === 0) return;
  throw new Problem('in-use', `${what} is in use by ${users.join(', ')}.`, {
    hint: 'Delete what uses it first.',
    details: [...users],
  });
}
