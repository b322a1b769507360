import * as Type from 'typebox';
import { Activity } from '../domain/activity.ts';
import { Empty, Time, WorkspaceId } from '../domain/common.ts';
import { route } from './route.ts';

export const TrackerInfo = Type.Object({
  version: Type.String(),
  protocol: Type.Integer(),
  pid: Type.Integer(),
  startedAt: Time,
  home: Type.String(),
  address: Type.String(),
  node: Type.String(),
  clients: Type.Integer(),
  activeRuns: Type.Integer(),
  memory: Type.Integer({ description: 'Resident bytes.' }),
});

export const DoctorFinding = Type.Object({
  name: Type.String(),
  ok: Type.Boolean(),
  found: Type.String(),
  /** What is lost without it and how to get it. */
  hint: Type.Optional(Type.String()),
});

export const ComputeTarget = Type.Object({
  name: Type.String(),
  kind: Type.Literal('local'),
  ok: Type.Boolean(),
  summary: Type.String({ description: 'Such as `2 cores · 24 GB · no GPU`.' }),
  cpus: Type.Integer(),
  memory: Type.Integer(),
  memoryFree: Type.Integer(),
  gpus: Type.Array(Type.Object({ name: Type.String(), memory: Type.Integer() })),
  activeRuns: Type.Integer(),
});

export const trackerRoutes = {
  'tracker.info': route({
    method: 'GET',
    path: '/v1/tracker',
    summary: 'What runs here.',
    scope: 'run',
    reply: TrackerInfo,
  }),
  'tracker.openapi': route({
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This description.',
    scope: 'run',
    reply: Type.Record(Type.String(), Type.Unknown()),
  }),
  'tracker.events': route({
    method: 'GET',
    path: '/v1/events',
    summary: 'Server-sent events of everything that changes; see the event schema.',
    reply: 'events',
  }),
  'tracker.handover': route({
    method: 'POST',
    path: '/v1/tracker/handover',
    summary:
      'A newer tracker asks this one to leave: it stops accepting, commits, closes its databases and exits. Refused to an older one.',
    body: Type.Object({ version: Type.String() }),
    reply: Empty,
  }),
  'tracker.stop': route({
    method: 'POST',
    path: '/v1/tracker/stop',
    summary: 'Ends the tracker; runs go on.',
    body: Empty,
    reply: Empty,
  }),
  'tracker.doctor': route({
    method: 'GET',
    path: '/v1/doctor',
    summary: 'What was found on this machine, what is missing, how to get it.',
    reply: Type.Object({ findings: Type.Array(DoctorFinding) }),
  }),
  'compute.list': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/compute',
    summary: 'Compute targets of the workspace.',
    params: Type.Object({ workspace: WorkspaceId }),
    reply: Type.Object({ targets: Type.Array(ComputeTarget) }),
  }),
  'env.get': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/env',
    summary: 'Variables that a shell must export so that scripts in it find the tracker and the logging helper.',
    params: Type.Object({ workspace: WorkspaceId }),
    body: Type.Object({ experiment: Type.Optional(Type.String()) }),
    reply: Type.Object({ variables: Type.Record(Type.String(), Type.String()) }),
  }),
  'activities.list': route({
    method: 'GET',
    path: '/v1/activities',
    summary: 'Running activities and those that ended lately, newest first.',
    reply: Type.Object({ activities: Type.Array(Activity) }),
  }),
  'activities.cancel': route({
    method: 'POST',
    path: '/v1/activities/:activity/cancel',
    summary: 'Cancels an activity.',
    params: Type.Object({ activity: Type.String() }),
    body: Empty,
    reply: Activity,
  }),
  'activities.log': route({
    method: 'GET',
    path: '/v1/activities/:activity/log',
    summary: 'Output of an activity, from `offset`.',
    params: Type.Object({ activity: Type.String() }),
    query: Type.Object({ offset: Type.Optional(Type.Integer()) }),
    reply: 'bytes',
  }),
};
