import { Problem } from '../../shared/api/error.ts';
import type { Image } from '../../shared/domain/deployment.ts';
import type { ModelRegistry } from '../models/modelRegistry.ts';
import { statements } from '../store/statements.ts';
import { audit } from '../workspaces/audit.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import type { Hosts } from './hosts.ts';

interface ImageRow {
  tag: string;
  engine: string;
  id: string;
  model: string;
  model_name: string;
  version: number;
  base_image: string;
  bytes: number;
  created_at: number;
}

const prepared = statements((db) => ({
  list: db.prepare<[], ImageRow>(
    'SELECT i.*, m.name AS model_name FROM image i JOIN model m ON m.id = i.model ORDER BY i.created_at DESC',
  ),
  delete: db.prepare('DELETE FROM image WHERE tag = ? AND engine = ?'),
  users: db.prepare<[string], { name: string }>('SELECT name FROM deployment WHERE image = ? ORDER BY name'),
}));

export interface ImageList {
  images: Image[];
  engine?: string;
  /** Why the engine could not be asked; what is listed is then what was last known. */
  problem?: string;
}

/** Images that were built here, as the rows say and the engine confirms. */
export class Images {
  readonly #hosts: Hosts;
  readonly #registry: ModelRegistry;

  constructor(hosts: Hosts, registry: ModelRegistry) {
    this.#hosts = hosts;
    this.#registry = registry;
  }

  /** Images that somebody removed from the engine behind our back lose their rows, unless a deployment names them. */
  async list(store: WorkspaceStore): Promise<ImageList> {
    const { list } = prepared(store.db);
    const engines = [...new Set(list.all().map((row) => row.engine))];
    let problem: string | undefined;
    for (const engine of engines) {
      try {
        await this.#confirm(store, engine);
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
      }
    }
    return {
      images: list.all().map((row) => toImage(store, row)),
      ...(engines[0] === undefined ? {} : { engine: engines.join(', ') }),
      ...(problem === undefined ? {} : { problem }),
    };
  }

  /** @param which tag or id. @throws Problem `in-use`, naming the deployments */
  async delete(store: WorkspaceStore, which: string, actor: Actor): Promise<void> {
    const { list, users, delete: remove } = prepared(store.db);
    const rows = list.all().filter((row) => row.tag === which || row.id === which);
    if (rows.length === 0) throw new Problem('not-found', `There is no image ${JSON.stringify(which)}.`);
    for (const row of rows) {
      const names = users.all(row.tag).map(({ name }) => `deployment ${name}`);
      if (names.length > 0) {
        throw new Problem('in-use', `The image ${row.tag} is in use by ${names.join(', ')}.`, {
          hint: 'Delete the deployment first.',
          details: names,
        });
      }
      await this.#hosts.docker(row.engine).engine.call('removeImage', { tag: row.tag });
      await store.writer.write(() => {
        remove.run(row.tag, row.engine);
        audit(store.db, { actor, action: 'delete', kind: 'image', subject: row.tag, detail: { id: row.id } });
      });
    }
    this.#registry.changed(store);
  }

  async #confirm(store: WorkspaceStore, address: string): Promise<void> {
    const { list, users, delete: remove } = prepared(store.db);
    const { engine } = this.#hosts.docker(address);
    for (const row of list.all().filter((one) => one.engine === address)) {
      if (await engine.call('findImage', { tag: row.tag }, { timeoutMs: 5000 })) continue;
      if (users.all(row.tag).length > 0) continue;
      await store.writer.write(() => {
        remove.run(row.tag, address);
        const detail = { id: row.id, reason: 'gone from the engine' };
        audit(store.db, { actor: 'tracker', action: 'delete', kind: 'image', subject: row.tag, detail });
      });
    }
  }
}

function toImage(store: WorkspaceStore, row: ImageRow): Image {
  return {
    id: row.id,
    tag: row.tag,
    model: row.model_name,
    version: row.version,
    baseImage: row.base_image,
    bytes: row.bytes,
    createdAt: row.created_at,
    usedBy: prepared(store.db)
      .users.all(row.tag)
      .map(({ name }) => `deployment ${name}`),
  };
}
