import fs from 'node:fs';
import path from 'node:path';
import type { Db } from '../store/database.ts';
import type { Writer } from '../store/writer.ts';

/** Folders of a workspace. */
export interface WorkspacePaths {
  readonly root: string;
  readonly database: string;
  readonly runs: string;
  readonly snapshots: string;
  readonly models: string;
  readonly deployments: string;
  readonly backups: string;
}

export function workspacePaths(root: string): WorkspacePaths {
  return {
    root,
    database: path.join(root, 'workspace.db'),
    runs: path.join(root, 'runs'),
    snapshots: path.join(root, 'snapshots'),
    models: path.join(root, 'models'),
    deployments: path.join(root, 'deployments'),
    backups: path.join(root, 'backups'),
  };
}

export function createWorkspaceFolders(paths: WorkspacePaths): void {
  for (const folder of [paths.root, paths.runs, paths.snapshots, paths.models, paths.deployments, paths.backups]) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}

/** Who did something, for the audit trail: `client`, `terminal`, `run <id>`, `tracker`. */
export type Actor = string;

/** One open workspace: its database, its single writer, its folders. Repositories are built on top of this. */
export interface WorkspaceStore {
  readonly id: string;
  readonly paths: WorkspacePaths;
  readonly db: Db;
  readonly writer: Writer;
  /** Why nothing can be written (every write rejects with it then): newer schema, read-only folder. */
  readonly readOnly?: string;
}
