import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Activity } from '../domain/activity.ts';
import { MetricKey, RunId, Time, WorkspaceId } from '../domain/common.ts';
import { Deployment } from '../domain/deployment.ts';
import { MetricSummary, RunSummary } from '../domain/run.ts';

/**
 * What the tracker's event stream carries, one JSON object an event. A client that connects gets `hello` first and then
 * reads what it shows afresh; after that, events say what changed, so that nobody polls. Run, metric and log events are
 * coalesced by the tracker to at most ten a second for each run.
 */
export const TrackerEvent = Type.Union([
  Type.Object({ type: Type.Literal('hello'), version: Type.String(), startedAt: Time }),
  Type.Object({ type: Type.Literal('run'), run: RunSummary }),
  Type.Object({ type: Type.Literal('run-removed'), workspace: WorkspaceId, run: RunId }),
  /** Metrics that moved since the last such event of the run; system metrics included. */
  Type.Object({
    type: Type.Literal('metrics'),
    workspace: WorkspaceId,
    run: RunId,
    metrics: Type.Array(MetricSummary),
  }),
  Type.Object({ type: Type.Literal('log'), workspace: WorkspaceId, run: RunId, bytes: Type.Integer() }),
  Type.Object({ type: Type.Literal('outputs'), workspace: WorkspaceId, run: RunId }),
  Type.Object({ type: Type.Literal('media'), workspace: WorkspaceId, run: RunId, key: MetricKey }),
  Type.Object({ type: Type.Literal('experiments'), workspace: WorkspaceId }),
  Type.Object({ type: Type.Literal('models'), workspace: WorkspaceId }),
  Type.Object({ type: Type.Literal('deployment'), workspace: WorkspaceId, deployment: Deployment }),
  Type.Object({ type: Type.Literal('deployment-removed'), workspace: WorkspaceId, id: Type.String() }),
  Type.Object({ type: Type.Literal('workspaces') }),
  Type.Object({ type: Type.Literal('activity'), activity: Activity }),
  /** Something a person must know: a full disk, a damaged database set aside. */
  Type.Object({
    type: Type.Literal('notice'),
    level: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('error')]),
    message: Type.String(),
    hint: Type.Optional(Type.String()),
  }),
]);
export type TrackerEvent = Static<typeof TrackerEvent>;
