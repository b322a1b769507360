import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ExperimentId, Float, MetricKey, RunId, Tags, Time, WorkspaceId } from './common.ts';

export const RunState = Type.Union([
  Type.Literal('queued'),
  Type.Literal('preparing'),
  Type.Literal('running'),
  Type.Literal('finished'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
  Type.Literal('unknown'),
]);
export type RunState = Static<typeof RunState>;

/** How a run ended. Exactly what is known, nothing guessed: an exit code, or a signal, or why it never started. */
export const RunEnd = Type.Object({
  exitCode: Type.Optional(Type.Integer()),
  signal: Type.Optional(Type.String({ description: 'Name such as SIGKILL.' })),
  reason: Type.Union([
    Type.Literal('exit'),
    Type.Literal('signal'),
    Type.Literal('out-of-memory'),
    Type.Literal('cancelled'),
    Type.Literal('superseded'),
    Type.Literal('time-limit'),
    Type.Literal('memory-limit'),
    Type.Literal('could-not-start'),
    Type.Literal('lost'),
  ]),
  /** One line for people, such as `exit 1 · ValueError: shapes do not match`. */
  message: Type.String(),
  peakMemory: Type.Optional(Type.Integer({ description: 'Bytes, of the process tree, as sampled.' })),
});
export type RunEnd = Static<typeof RunEnd>;

export const Direction = Type.Union([Type.Literal('max'), Type.Literal('min')]);
export type Direction = Static<typeof Direction>;

/** The metric a list shows beside a run, chosen by the tracker (or by the person, by tag `trainyard.headline`). */
export const Headline = Type.Object({
  key: MetricKey,
  value: Float,
  direction: Direction,
  best: Type.Boolean({ description: 'True when no other finished run of the experiment is better.' }),
});
export type Headline = Static<typeof Headline>;

export const MetricSummary = Type.Object({
  key: MetricKey,
  count: Type.Integer(),
  last: Float,
  lastStep: Type.Integer(),
  lastTime: Time,
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
});
export type MetricSummary = Static<typeof MetricSummary>;

/** How far a run is, from the steps it logged and the parameters that say how many there will be. */
export const Progress = Type.Object({
  name: Type.Union([Type.Literal('epoch'), Type.Literal('step')]),
  done: Type.Integer(),
  total: Type.Optional(Type.Integer()),
});
export type Progress = Static<typeof Progress>;

export const RunSummary = Type.Object({
  id: RunId,
  workspace: WorkspaceId,
  name: Type.String(),
  experiment: Type.Object({ id: ExperimentId, name: Type.String() }),
  parent: Type.Optional(RunId),
  children: Type.Integer(),
  attempt: Type.Integer({ minimum: 1 }),
  state: RunState,
  /** What it waits for or does while queued or preparing, such as `building environment 3/7`. */
  activity: Type.Optional(Type.String()),
  end: Type.Optional(RunEnd),
  createdAt: Time,
  startedAt: Type.Optional(Time),
  endedAt: Type.Optional(Time),
  target: Type.String({ description: 'Name of the compute target; `this machine` for the local one.' }),
  /** Absolute path of the person's training folder, and of the script inside it, where known. */
  folder: Type.Optional(Type.String()),
  script: Type.Optional(Type.String()),
  configuration: Type.Optional(Type.String({ description: 'Name of the run configuration.' })),
  headline: Type.Optional(Headline),
  /** While it runs, where its parameters say how far it is to go. Metric events bring `done` sooner. */
  progress: Type.Optional(Progress),
  star: Type.Boolean(),
  note: Type.Optional(Type.String()),
  tags: Tags,
  deletedAt: Type.Optional(Time),
});
export type RunSummary = Static<typeof RunSummary>;

export const GitState = Type.Object({
  commit: Type.Optional(Type.String()),
  branch: Type.Optional(Type.String()),
  changed: Type.Array(Type.String(), { description: 'Paths with uncommitted changes, relative to the folder.' }),
  diff: Type.Optional(Type.String({ description: 'Unified diff of the uncommitted changes; cut at 1 MB.' })),
});
export type GitState = Static<typeof GitState>;

export const RunInput = Type.Object({
  name: Type.String(),
  path: Type.String(),
  hash: Type.Optional(Type.String()),
  bytes: Type.Optional(Type.Integer()),
  files: Type.Optional(Type.Integer()),
  problem: Type.Optional(Type.String()),
});
export type RunInput = Static<typeof RunInput>;

export const RunDetail = Type.Interface([RunSummary], {
  command: Type.Array(Type.String()),
  workingDirectory: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  user: Type.Optional(Type.String()),
  pid: Type.Optional(Type.Integer()),
  interpreter: Type.Optional(Type.Object({ path: Type.String(), version: Type.Optional(Type.String()) })),
  environment: Type.Optional(
    Type.Object({ kind: Type.String(), name: Type.String(), hash: Type.Optional(Type.String()) }),
  ),
  packages: Type.Array(Type.Object({ name: Type.String(), version: Type.String() })),
  /** Environment variables of the run, from an allow-list; never secrets. */
  variables: Type.Record(Type.String(), Type.String()),
  git: Type.Optional(GitState),
  snapshot: Type.Optional(Type.String({ description: 'Id of the snapshot; absent for runs made by a client.' })),
  inputs: Type.Array(RunInput),
  params: Type.Record(Type.String(), Type.String()),
  metrics: Type.Array(MetricSummary),
  logBytes: Type.Integer(),
  runDirectory: Type.Optional(Type.String()),
});
export type RunDetail = Static<typeof RunDetail>;

export const OutputEntry = Type.Object({
  path: Type.String(),
  kind: Type.Union([Type.Literal('file'), Type.Literal('directory'), Type.Literal('link')]),
  bytes: Type.Integer(),
  modifiedAt: Time,
});
export type OutputEntry = Static<typeof OutputEntry>;

/** Something richer than a number that a run logged at a step: an image, a table, a text, a histogram. */
export const MediaEntry = Type.Object({
  key: Type.String(),
  kind: Type.Union([Type.Literal('image'), Type.Literal('table'), Type.Literal('text'), Type.Literal('histogram')]),
  step: Type.Integer(),
  time: Time,
  path: Type.String({ description: 'Inside the outputs of the run.' }),
});
export type MediaEntry = Static<typeof MediaEntry>;
