import * as Type from 'typebox';
import { Empty, ExperimentId, RunId, Tags, WorkspaceId } from '../domain/common.ts';
import { AuditEntry, Backup, Experiment, Workspace, WorkspaceContents } from '../domain/workspace.ts';
import { route } from './route.ts';

const workspace = Type.Object({ workspace: WorkspaceId });
const experiment = Type.Object({ workspace: WorkspaceId, experiment: ExperimentId });
const Name = Type.String({ minLength: 1, maxLength: 200 });

export const workspaceRoutes = {
  'workspaces.list': route({
    method: 'GET',
    path: '/v1/workspaces',
    summary: 'All workspaces of the home.',
    reply: Type.Object({ workspaces: Type.Array(Workspace) }),
  }),
  'workspaces.create': route({
    method: 'POST',
    path: '/v1/workspaces',
    summary: 'Creates a workspace.',
    body: Type.Object({ name: Name }),
    reply: Workspace,
  }),
  'workspaces.update': route({
    method: 'PATCH',
    path: '/v1/workspaces/:workspace',
    summary: 'Renames a workspace, or makes it the default.',
    params: workspace,
    body: Type.Object({ name: Type.Optional(Name), isDefault: Type.Optional(Type.Literal(true)) }),
    reply: Workspace,
  }),
  'workspaces.contents': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/contents',
    summary: 'What a workspace holds; shown before it is deleted.',
    params: workspace,
    reply: WorkspaceContents,
  }),
  'workspaces.delete': route({
    method: 'DELETE',
    path: '/v1/workspaces/:workspace',
    summary: 'Deletes a workspace and everything in it; `confirm` must be its name. Refused while runs are active.',
    params: workspace,
    query: Type.Object({ confirm: Type.String() }),
    reply: Empty,
  }),
  'workspaces.moveRuns': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/move-runs',
    summary: 'Moves runs, or all runs of a training folder, to another workspace. Answers with the activity.',
    params: workspace,
    body: Type.Object({
      to: WorkspaceId,
      runs: Type.Optional(Type.Array(RunId)),
      folder: Type.Optional(Type.String()),
    }),
    reply: Type.Object({
      moved: Type.Integer(),
      refused: Type.Array(Type.Object({ run: RunId, reason: Type.String() })),
    }),
  }),
  'workspaces.backups': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/backups',
    summary: 'Backups of the workspace’s database, newest first.',
    params: workspace,
    reply: Type.Object({ backups: Type.Array(Backup) }),
  }),
  'workspaces.backup': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/backups',
    summary: 'Makes a backup of the database now, checked in full. Files of runs and models are not part of it.',
    params: workspace,
    reply: Backup,
  }),
  'workspaces.restore': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/restore',
    summary:
      'Sets the database aside and puts a backup in its place; the newest one unless named. Refused while runs are active.',
    params: workspace,
    body: Type.Object({ backup: Type.Optional(Type.String()) }),
    reply: Type.Object({ restored: Backup, setAside: Type.Optional(Type.String()) }),
  }),
  'audit.list': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/audit',
    summary: 'The append-only audit trail, newest first.',
    params: workspace,
    query: Type.Object({
      before: Type.Optional(Type.Integer()),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    reply: Type.Object({ entries: Type.Array(AuditEntry) }),
  }),
  'experiments.list': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/experiments',
    summary: 'Experiments, the one with the latest run first.',
    params: workspace,
    query: Type.Object({ deleted: Type.Optional(Type.Boolean()) }),
    reply: Type.Object({ experiments: Type.Array(Experiment) }),
  }),
  'experiments.update': route({
    method: 'PATCH',
    path: '/v1/workspaces/:workspace/experiments/:experiment',
    summary: 'Renames an experiment, sets its note, adds tags (an empty value removes one).',
    params: experiment,
    body: Type.Object({
      name: Type.Optional(Name),
      note: Type.Optional(Type.String({ maxLength: 100_000 })),
      tags: Type.Optional(Tags),
    }),
    reply: Experiment,
  }),
  'experiments.delete': route({
    method: 'DELETE',
    path: '/v1/workspaces/:workspace/experiments/:experiment',
    summary: 'Deletes an experiment and its runs; can be restored.',
    params: experiment,
    reply: Empty,
  }),
  'experiments.restore': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/experiments/:experiment/restore',
    summary: 'Restores a deleted experiment with the runs deleted with it.',
    params: experiment,
    reply: Experiment,
  }),
};
