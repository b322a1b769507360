import type { Migration } from '../store/migration.ts';

/**
 * The model registry, images and deployments. They are one step, because a version's deletion asks the other two
 * whether they use it. `last_version` only grows, so that a deleted version's number never means another model.
 */
export const modelSchema: Migration = {
  name: 'models, images, deployments',
  up: [
    `CREATE TABLE model (
      id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      note TEXT, tags TEXT NOT NULL DEFAULT '{}', last_version INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID`,
    `CREATE TABLE model_version (
      model TEXT NOT NULL REFERENCES model ON DELETE CASCADE, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
      hash TEXT NOT NULL, entry TEXT NOT NULL, source TEXT NOT NULL, run TEXT, run_name TEXT, snapshot TEXT,
      params TEXT NOT NULL, metrics TEXT NOT NULL, inspection TEXT NOT NULL, note TEXT,
      tags TEXT NOT NULL DEFAULT '{}', request_id TEXT, PRIMARY KEY (model, version)) WITHOUT ROWID`,
    `CREATE UNIQUE INDEX model_version_request ON model_version (request_id) WHERE request_id IS NOT NULL`,
    `CREATE INDEX model_version_run ON model_version (run) WHERE run IS NOT NULL`,
    `CREATE TABLE model_alias (
      model TEXT NOT NULL REFERENCES model ON DELETE CASCADE, alias TEXT NOT NULL, version INTEGER NOT NULL,
      PRIMARY KEY (model, alias)) WITHOUT ROWID`,
    // Restricting references: what is in use cannot go, whatever the code above forgets.
    `CREATE TABLE image (
      tag TEXT NOT NULL, engine TEXT NOT NULL, id TEXT NOT NULL, model TEXT NOT NULL, version INTEGER NOT NULL,
      base_image TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (tag, engine),
      FOREIGN KEY (model, version) REFERENCES model_version (model, version)) WITHOUT ROWID`,
    `CREATE TABLE deployment (
      id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, model TEXT NOT NULL, version INTEGER NOT NULL,
      kind TEXT NOT NULL, state TEXT NOT NULL, wanted TEXT NOT NULL, message TEXT, note TEXT,
      port INTEGER UNIQUE,
      image TEXT, container TEXT, base_image TEXT, engine TEXT, cpus REAL, memory INTEGER, restart TEXT NOT NULL,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      FOREIGN KEY (model, version) REFERENCES model_version (model, version)) WITHOUT ROWID`,
  ],
};
