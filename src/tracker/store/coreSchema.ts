import type { Migration } from './migration.ts';

/**
 * Experiments, runs and the audit trail. JSON columns hold what is only ever read with its run; what is searched or
 * ordered by has a column or a row of its own. `detail` stands last, for it may hold a megabyte: SQLite reads through a
 * long column to get at those behind it.
 */
export const coreSchema: Migration = {
  name: 'experiments, runs, audit',
  up: [
    `CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
    `CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL)`,
    `CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
    `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
    `CREATE TABLE experiment (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL, note TEXT, deleted_at INTEGER)`,
    `CREATE UNIQUE INDEX experiment_name ON experiment (name)`,
    `CREATE TABLE experiment_tag (
      experiment INTEGER NOT NULL REFERENCES experiment ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (experiment, key)) WITHOUT ROWID`,
    `CREATE TABLE run (
      id TEXT PRIMARY KEY, experiment INTEGER NOT NULL REFERENCES experiment, parent TEXT, name TEXT NOT NULL,
      state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 1, activity TEXT, end TEXT,
      created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, target TEXT NOT NULL,
      folder TEXT, script TEXT, configuration TEXT, star INTEGER NOT NULL DEFAULT 0, note TEXT,
      request_id TEXT, supersedes TEXT, snapshot TEXT, log_bytes INTEGER NOT NULL DEFAULT 0,
      metric TEXT, headline_key TEXT, headline_value REAL, headline_direction TEXT, deleted_at INTEGER,
      detail TEXT NOT NULL DEFAULT '{}')`,
    // The best finished run of an experiment is found without looking at any metric.
    `CREATE INDEX run_headline ON run (experiment, headline_key, headline_direction, headline_value)
      WHERE state = 'finished' AND deleted_at IS NULL AND headline_key IS NOT NULL`,
    `CREATE INDEX run_experiment ON run (experiment, created_at DESC)`,
    `CREATE INDEX run_created ON run (created_at DESC)`,
    `CREATE INDEX run_folder ON run (folder, created_at DESC) WHERE folder IS NOT NULL`,
    `CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL`,
    `CREATE INDEX run_active ON run (state) WHERE state IN ('queued', 'preparing', 'running')`,
    `CREATE UNIQUE INDEX run_request ON run (request_id) WHERE request_id IS NOT NULL`,
    `CREATE TABLE run_param (
      run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (run, key)) WITHOUT ROWID`,
    `CREATE TABLE run_tag (
      run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (run, key)) WITHOUT ROWID`,
    `CREATE INDEX run_tag_key ON run_tag (key, value)`,
    `CREATE TABLE run_input (
      run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, name TEXT NOT NULL, path TEXT NOT NULL, hash TEXT,
      bytes INTEGER, files INTEGER, problem TEXT, PRIMARY KEY (run, name)) WITHOUT ROWID`,
    `CREATE TABLE run_media (
      run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, key TEXT NOT NULL, step INTEGER NOT NULL,
      kind TEXT NOT NULL, time INTEGER NOT NULL, path TEXT NOT NULL, PRIMARY KEY (run, key, step, path)) WITHOUT ROWID`,
    // Models that a run logged; the registry takes them in once the run has ended.
    `CREATE TABLE run_model (
      run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, name TEXT NOT NULL, path TEXT NOT NULL, request TEXT NOT NULL,
      done INTEGER NOT NULL DEFAULT 0, problem TEXT, PRIMARY KEY (run, request)) WITHOUT ROWID`,
    // How far each file a run appends to has been taken in, written in the same transaction as what was taken.
    `CREATE TABLE run_source (
      run TEXT NOT NULL REFERENCES run ON DELETE CASCADE, file TEXT NOT NULL, offset INTEGER NOT NULL,
      state TEXT NOT NULL DEFAULT '{}', PRIMARY KEY (run, file)) WITHOUT ROWID`,
  ],
};
