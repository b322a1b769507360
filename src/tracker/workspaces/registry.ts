import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../shared/api/problem.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import type { Home } from '../lifecycle/home.ts';
import type { Db } from '../store/database.ts';
import type { Writer } from '../store/writer.ts';
import { audit } from './audit.ts';
import { type Restored, restoreBackup } from './backups.ts';
import * as rows from './homeDatabase.ts';
import { readLabel, writeLabel } from './label.ts';
import { auditRestore, type OpenStore, openStore, type StoreServices } from './openStore.ts';
import {
  type Actor,
  createWorkspaceFolders,
  type WorkspacePaths,
  type WorkspaceStore,
  workspacePaths,
} from './workspaceStore.ts';
import { noSuchWorkspace, type Workspaces } from './workspaces.ts';

export interface RegistryOptions extends StoreServices {
  readonly home: Home;
  /** home.db, and its writer. */
  readonly db: Db;
  readonly writer: Writer;
}

/** The workspaces of a home: which there are, and their databases once they have been opened. */
export class WorkspaceRegistry implements Workspaces {
  readonly #options: RegistryOptions;
  readonly #open = new Map<string, OpenStore>();
  readonly #closing: ((store: WorkspaceStore) => void)[] = [];

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  list(): Workspace[] {
    return rows.listWorkspaces(this.#options.db).map((row) => this.#describe(row));
  }

  get(id: string): Workspace {
    return this.#describe(this.#row(id));
  }

  open(id: string): WorkspaceStore {
    const row = this.#row(id);
    const known = this.#open.get(row.id);
    if (known) return known.store;
    const opened = openStore(row.id, workspacePaths(this.#directory(row.id)), true, this.#options);
    this.#open.set(row.id, opened);
    return opened.store;
  }

  all(): WorkspaceStore[] {
    return rows.listWorkspaces(this.#options.db).flatMap((row) => {
      try {
        return [this.open(row.id)];
      } catch (error) {
        this.#options.log.error({ err: error, workspace: row.id }, 'a workspace cannot be opened');
        return [];
      }
    });
  }

  onClosing(listener: (store: WorkspaceStore) => void): void {
    this.#closing.push(listener);
  }

  /** The id behind an id or `default`; undefined when there is none. */
  resolve(id: string): string | undefined {
    return rows.listWorkspaces(this.#options.db).find((row) => row.id === id || (id === 'default' && row.isDefault))
      ?.id;
  }

  /** Holds the list against the folders, after home.db had to be repaired: the folders are right. */
  async reconcile(): Promise<void> {
    const { db, writer, home, log } = this.#options;
    const folders = fs
      .readdirSync(home.workspaces)
      .filter((id) => fs.existsSync(workspacePaths(this.#directory(id)).database));
    const known = rows.listWorkspaces(db);
    const lost = known.filter(({ id }) => !folders.includes(id));
    const found = folders.filter((id) => !known.some((row) => row.id === id));
    log.warn({ lost: lost.map(({ id }) => id), found }, 'the list of workspaces is held against their folders');
    await writer.write(() => {
      for (const { id, name } of lost) {
        rows.forgetWorkspace(db, id);
        audit(db, { actor: 'tracker', action: 'lose', kind: 'workspace', subject: id, detail: { name } });
      }
      for (const id of found) {
        if (rows.isIdTaken(db, id)) rows.forgetWorkspace(db, id);
        const name = this.#freeName(readLabel(this.#directory(id)) ?? id);
        rows.insertWorkspace(db, {
          id,
          name,
          isDefault: false,
          createdAt: Math.round(fs.statSync(this.#directory(id)).birthtimeMs),
        });
        audit(db, { actor: 'tracker', action: 'adopt', kind: 'workspace', subject: id, detail: { name } });
      }
      const [first] = rows.listWorkspaces(db);
      if (first !== undefined && !rows.listWorkspaces(db).some(({ isDefault }) => isDefault)) {
        rows.setDefaultWorkspace(db, first.id);
      }
    });
  }

  /** A home has at least one workspace from its first start on. */
  async ensureOne(): Promise<void> {
    await this.#finishDeletions();
    const known = rows.listWorkspaces(this.#options.db);
    if (known.length === 0) await this.create('Main', 'tracker');
  }

  async create(name: string, actor: Actor): Promise<Workspace> {
    const { db, writer, events } = this.#options;
    this.#refuseTakenName(name);
    const id = this.#freeId(name);
    const paths = workspacePaths(this.#directory(id));
    // Database first, row second: the row is the proof that the database existed.
    createWorkspaceFolders(paths);
    const opened = openStore(id, paths, false, this.#options);
    const isDefault = rows.listWorkspaces(db).length === 0;
    writeLabel(paths.root, { id, name });
    await writer.write(() => {
      rows.insertWorkspace(db, { id, name, isDefault, createdAt: Date.now() });
      audit(db, { actor, action: 'create', kind: 'workspace', subject: id, detail: { name } });
    });
    this.#open.set(id, opened);
    events.emit({ type: 'workspaces' });
    return this.get(id);
  }

  async update(
    idOrDefault: string,
    change: { name?: string | undefined; isDefault?: true | undefined },
    actor: Actor,
  ): Promise<Workspace> {
    const { db, writer, events } = this.#options;
    const { id, name: before } = this.#row(idOrDefault);
    const { name, isDefault } = change;
    if (name !== undefined && name !== before) this.#refuseTakenName(name);
    await writer.write(() => {
      if (name !== undefined && name !== before) {
        rows.renameWorkspace(db, id, name);
        audit(db, { actor, action: 'rename', kind: 'workspace', subject: id, detail: { from: before, to: name } });
      }
      if (isDefault) {
        rows.setDefaultWorkspace(db, id);
        audit(db, { actor, action: 'make-default', kind: 'workspace', subject: id });
      }
    });
    if (name !== undefined) writeLabel(this.#directory(id), { id, name });
    events.emit({ type: 'workspaces' });
    return this.get(id);
  }

  /** Deletes a workspace that the caller has found fit to be deleted. The files are out of sight before this resolves. */
  async delete(idOrDefault: string, actor: Actor): Promise<void> {
    const { db, writer, events } = this.#options;
    const row = this.#row(idOrDefault);
    this.#close(row.id);
    await writer.write(() => {
      rows.doomWorkspace(db, row.id);
      audit(db, { actor, action: 'delete', kind: 'workspace', subject: row.id, detail: { name: row.name } });
    });
    await this.#finishDeletions();
    events.emit({ type: 'workspaces' });
  }

  /** Where everything of a workspace is, whether its database can be opened or not. */
  paths(idOrDefault: string): WorkspacePaths {
    return workspacePaths(this.#directory(this.#row(idOrDefault).id));
  }

  /** The stores that are open now; none is opened for this. */
  opened(): WorkspaceStore[] {
    return [...this.#open.values()].map(({ store }) => store);
  }

  /** Puts a backup in the place of a database, which is set aside. */
  restore(idOrDefault: string, backup: string | undefined, actor: Actor): Restored {
    const { id } = this.#row(idOrDefault);
    const paths = this.paths(id);
    this.#close(id);
    const done = restoreBackup(paths.database, paths.backups, backup);
    auditRestore(this.open(id).db, id, done.restored.name, actor);
    this.#options.events.emit({ type: 'workspaces' });
    return done;
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.#close(id);
  }

  #close(id: string): void {
    const opened = this.#open.get(id);
    if (!opened) return;
    for (const listener of this.#closing) listener(opened.store);
    this.#open.delete(id);
    opened.close();
  }

  /** Out of sight by one rename, then gone; safe to repeat after a kill at any point. */
  async #finishDeletions(): Promise<void> {
    const { db, writer, home, log } = this.#options;
    for (const id of rows.doomedWorkspaces(db)) {
      const trash = path.join(home.root, 'trash', id);
      fs.mkdirSync(path.dirname(trash), { recursive: true, mode: 0o700 });
      if (fs.existsSync(this.#directory(id))) fs.renameSync(this.#directory(id), trash);
      fs.promises
        .rm(trash, { recursive: true, force: true, maxRetries: 3 })
        .then(() => writer.write(() => rows.forgetWorkspace(db, id)))
        .catch((error: unknown) => log.warn({ err: error, workspace: id }, 'deleted files could not be removed yet'));
    }
  }

  #row(idOrDefault: string): rows.WorkspaceRow {
    const all = rows.listWorkspaces(this.#options.db);
    const row = all.find((one) => one.id === idOrDefault || (idOrDefault === 'default' && one.isDefault));
    if (!row) throw noSuchWorkspace(idOrDefault);
    return row;
  }

  #describe(row: rows.WorkspaceRow): Workspace {
    const readOnly = this.#open.get(row.id)?.store.readOnly;
    return { ...row, directory: this.#directory(row.id), ...(readOnly === undefined ? {} : { readOnly }) };
  }

  #directory(id: string): string {
    return path.join(this.#options.home.workspaces, id);
  }

  #refuseTakenName(name: string): void {
    if (rows.listWorkspaces(this.#options.db).some((row) => row.name === name)) {
      throw new Problem('conflict', `There is a workspace named ${name} already.`, { hint: 'Choose another name.' });
    }
  }

  #freeName(name: string): string {
    const taken = rows.listWorkspaces(this.#options.db).map((row) => row.name);
    return taken.includes(name) ? `${name} (${randomBytes(2).toString('hex')})` : name;
  }

  /** A readable id; never one that was used before, so that an old address cannot reach a new workspace. */
  #freeId(name: string): string {
    const slug = name
      .normalize('NFKD')
      .replace(/\p{Mark}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40);
    const base = slug === '' || slug === 'default' ? 'workspace' : slug;
    const isTaken = (id: string) => rows.isIdTaken(this.#options.db, id) || fs.existsSync(this.#directory(id));
    if (!isTaken(base)) return base;
    for (;;) {
      const id = `${base}-${randomBytes(3).toString('hex')}`;
      if (!isTaken(id)) return id;
    }
  }
}
