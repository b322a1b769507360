import type { Migration } from '../store/migration.ts';

/** The schema of `home.db`, step by step. Append only. */
export const homeMigrations: readonly Migration[] = [
  {
    name: 'workspaces, settings, audit',
    up: [
      `CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
      // A row is proof that the workspace's database existed. deleted_at: the files are on their way out.
      `CREATE TABLE workspace (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, is_default INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL, deleted_at INTEGER)`,
      `CREATE UNIQUE INDEX workspace_name ON workspace (name) WHERE deleted_at IS NULL`,
      `CREATE UNIQUE INDEX workspace_default ON workspace (is_default) WHERE is_default = 1`,
      `CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
        kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL)`,
      `CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
      `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END`,
    ],
  },
];
