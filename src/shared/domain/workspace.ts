import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ExperimentId, Tags, Time, WorkspaceId } from './common.ts';

export const WorkspaceContents = Type.Object({
  experiments: Type.Integer(),
  runs: Type.Integer(),
  activeRuns: Type.Integer(),
  models: Type.Integer(),
  deployments: Type.Integer(),
  bytes: Type.Integer({ description: 'Disk space of database, runs, snapshots and models.' }),
});
export type WorkspaceContents = Static<typeof WorkspaceContents>;

export const Workspace = Type.Object({
  id: WorkspaceId,
  name: Type.String(),
  isDefault: Type.Boolean(),
  createdAt: Time,
  directory: Type.String(),
  /** Set when the database cannot be written (newer schema, read-only folder, no space); the words go into a banner. */
  readOnly: Type.Optional(Type.String()),
});
export type Workspace = Static<typeof Workspace>;

/** A copy of a workspace's database, made while it was in use. */
export const Backup = Type.Object({
  name: Type.String({ description: 'Name of the file in the backups folder of the workspace.' }),
  createdAt: Time,
  reason: Type.String({ description: 'daily, upgrade, asked, before-restore.' }),
  bytes: Type.Integer(),
});
export type Backup = Static<typeof Backup>;

export const Experiment = Type.Object({
  id: ExperimentId,
  name: Type.String(),
  createdAt: Time,
  lastRunAt: Type.Optional(Time),
  runs: Type.Integer(),
  activeRuns: Type.Integer(),
  note: Type.Optional(Type.String()),
  tags: Tags,
  deletedAt: Type.Optional(Time),
});
export type Experiment = Static<typeof Experiment>;

export const AuditEntry = Type.Object({
  id: Type.Integer(),
  at: Time,
  actor: Type.String({ description: 'Who: client, terminal, run <id>, tracker.' }),
  action: Type.String({ description: 'What: create, rename, delete, restore, submit, cancel, …' }),
  kind: Type.String({ description: 'workspace, experiment, run, model, version, image, deployment, …' }),
  subject: Type.String({ description: 'Id or name of what was changed.' }),
  detail: Type.Record(Type.String(), Type.Unknown()),
});
export type AuditEntry = Static<typeof AuditEntry>;
