import path from 'node:path';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { EventHub } from '../api/eventHub.ts';
import type { ModelRegistry } from '../models/modelRegistry.ts';
import { audit } from '../workspaces/audit.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { type DeploymentRow, deploymentStatements, findDeployment, toDeployment } from './deploymentRows.ts';
import type { BuiltImage, ServiceSpec } from './serviceHost.ts';

export type Change = Partial<
  Pick<DeploymentRow, 'state' | 'wanted' | 'message' | 'port' | 'image' | 'container' | 'version' | 'model'>
>;

/** The rows of deployments and images, with their events and audit entries. */
export class DeploymentStore {
  readonly #events: EventHub;
  readonly #registry: ModelRegistry;

  constructor(events: EventHub, registry: ModelRegistry) {
    this.#events = events;
    this.#registry = registry;
  }

  rows(store: WorkspaceStore): DeploymentRow[] {
    return deploymentStatements(store.db).list.all();
  }

  /** By id or name. @throws Problem `not-found` */
  find(store: WorkspaceStore, which: string): DeploymentRow {
    return findDeployment(store.db, which);
  }

  /** Undefined once it was deleted. */
  row(store: WorkspaceStore, id: string): DeploymentRow | undefined {
    return deploymentStatements(store.db).byId.get(id);
  }

  present(store: WorkspaceStore, row: DeploymentRow): Deployment {
    const { info } = this.#registry.version(store, row.model_name, String(row.version));
    return toDeployment(row, info.signature);
  }

  spec(store: WorkspaceStore, row: DeploymentRow): ServiceSpec {
    const { folder, entry } = this.#registry.version(store, row.model_name, String(row.version));
    return {
      id: row.id,
      name: row.name,
      workspace: store.id,
      model: row.model_name,
      version: row.version,
      modelFolder: folder,
      entry,
      folder: path.join(store.paths.deployments, row.id),
      limits: {
        ...(row.cpus === null ? {} : { cpus: row.cpus }),
        ...(row.memory === null ? {} : { memory: row.memory }),
      },
      restart: row.restart,
      baseImage: row.base_image ?? '',
      image: row.image ?? undefined,
    };
  }

  async insert(store: WorkspaceStore, row: Omit<DeploymentRow, 'model_name'>, actor: Actor): Promise<DeploymentRow> {
    const made = await store.writer.write(() => {
      deploymentStatements(store.db).insert.run(row);
      const detail = { model: row.model, version: row.version, kind: row.kind };
      audit(store.db, { actor, action: 'create', kind: 'deployment', subject: row.name, detail });
      return findDeployment(store.db, row.id);
    });
    this.#registry.changed(store);
    return this.#tell(store, made);
  }

  /** Writes what differs and tells; nothing happens when nothing does. `by` adds an audit entry. */
  async change(
    store: WorkspaceStore,
    id: string,
    change: Change,
    by?: { actor: Actor; action: string; detail?: Record<string, unknown> },
  ): Promise<DeploymentRow | undefined> {
    const before = this.row(store, id);
    if (!before) return undefined;
    const differs = Object.entries(change).some(([key, value]) => before[key as keyof Change] !== value);
    if (!differs && by === undefined) return before;
    const made = await store.writer.write(() => {
      const now = this.row(store, id);
      if (!now) return undefined;
      deploymentStatements(store.db).update.run(parameters({ ...now, ...change, updated_at: Date.now() }));
      if (by) audit(store.db, { ...by, kind: 'deployment', subject: now.name });
      return this.row(store, id);
    });
    return made && this.#tell(store, made);
  }

  async delete(store: WorkspaceStore, row: DeploymentRow, actor: Actor): Promise<void> {
    await store.writer.write(() => {
      deploymentStatements(store.db).delete.run(row.id);
      audit(store.db, { actor, action: 'delete', kind: 'deployment', subject: row.name, detail: { port: row.port } });
    });
    this.#events.emit({ type: 'deployment-removed', workspace: store.id, id: row.id });
    this.#registry.changed(store);
  }

  /** The image and the deployment that it was built for, in one transaction. */
  async built(store: WorkspaceStore, row: DeploymentRow, image: BuiltImage): Promise<void> {
    await store.writer.write(() => {
      writeImage(store, row, image);
      const now = this.row(store, row.id);
      if (now) deploymentStatements(store.db).update.run(parameters({ ...now, image: image.tag }));
    });
    this.#registry.changed(store);
  }

  /** An image that no deployment uses yet. `row` says of which model and version it is. */
  async recordImage(store: WorkspaceStore, row: DeploymentRow, image: BuiltImage): Promise<void> {
    await store.writer.write(() => writeImage(store, row, image));
    this.#registry.changed(store);
  }

  #tell(store: WorkspaceStore, row: DeploymentRow): DeploymentRow {
    this.#events.emit({ type: 'deployment', workspace: store.id, deployment: this.present(store, row) });
    return row;
  }
}

function writeImage({ db }: WorkspaceStore, row: DeploymentRow, image: BuiltImage): void {
  const { engine, model, version, base_image: base } = row;
  const known = db
    .prepare('SELECT 1 FROM image WHERE tag = ? AND engine = ? AND id = ?')
    .get(image.tag, engine ?? '', image.id);
  // An image that was there already was not built again.
  if (known) return;
  const insert = db.prepare(
    `INSERT OR REPLACE INTO image (tag, engine, id, model, version, base_image, bytes, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  insert.run(image.tag, engine ?? '', image.id, model, version, base ?? '', image.bytes, Date.now());
  const detail = { model: row.model_name, version, id: image.id };
  audit(db, { actor: 'tracker', action: 'build', kind: 'image', subject: image.tag, detail });
}

/** better-sqlite3 refuses names that a statement does not have. */
function parameters({ id, state, wanted, message, port, image, container, version, model, updated_at }: DeploymentRow) {
  return { id, state, wanted, message, port, image, container, version, model, updated_at };
}
