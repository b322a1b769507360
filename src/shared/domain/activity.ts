import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Time, WorkspaceId } from './common.ts';

/** A long operation with progress, cancel and an end that notifies: a venv build, an image build, a large snapshot. */
export const Activity = Type.Object({
  id: Type.String(),
  workspace: Type.Optional(WorkspaceId),
  kind: Type.String({ description: 'snapshot, environment, image, deployment, register, move, backup, …' }),
  title: Type.String(),
  state: Type.Union([Type.Literal('running'), Type.Literal('done'), Type.Literal('failed'), Type.Literal('cancelled')]),
  progress: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  message: Type.Optional(Type.String()),
  error: Type.Optional(Type.String()),
  cancellable: Type.Boolean(),
  /** True when `activities.log` has its output. */
  hasLog: Type.Boolean(),
  subject: Type.Optional(Type.Object({ kind: Type.String(), id: Type.String() })),
  startedAt: Time,
  endedAt: Type.Optional(Time),
});
export type Activity = Static<typeof Activity>;
