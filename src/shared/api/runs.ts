import * as Type from 'typebox';
import { Empty, ExperimentId, InnerPath, MetricKey, RunId, Tags, Time, WorkspaceId } from '../domain/common.ts';
import { MediaEntry, MetricSummary, OutputEntry, RunDetail, RunState, RunSummary } from '../domain/run.ts';
import { RunConfiguration } from '../domain/runConfiguration.ts';
import { route } from './route.ts';

const workspace = Type.Object({ workspace: WorkspaceId });
const run = Type.Object({ workspace: WorkspaceId, run: RunId });
const runPath = '/v1/workspaces/:workspace/runs/:run';

/**
 * A curve as the screen can show it. `x` and `y` have the same length, sorted by x; a reduced curve holds the minimum
 * and the maximum of each bucket in the order they occurred. A gap (NaN or infinity logged there) is `null` in `y`.
 * `x` is a step, or milliseconds since the epoch (`time`), or since the run's start (`relative`).
 */
export const Curve = Type.Object({
  key: MetricKey,
  x: Type.Array(Type.Number()),
  y: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  points: Type.Integer({ description: 'Points stored in the asked range.' }),
  exact: Type.Boolean({ description: 'True when every stored point of the range is in the curve.' }),
});

export const runRoutes = {
  'runs.submit': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/runs',
    summary: 'Submits a run of a training folder: snapshot, environment, start. Answers at once; follow its events.',
    params: workspace,
    body: Type.Object({
      folder: Type.String({ minLength: 1, description: 'Absolute path of the training folder.' }),
      configuration: RunConfiguration,
      configurationName: Type.Optional(Type.String()),
      /** Variables of the submitter; the run gets them, the record keeps an allow-list of them. */
      variables: Type.Optional(Type.Record(Type.String(), Type.String())),
      /** A run on save cancels the run of the same key that is still active. */
      supersedes: Type.Optional(Type.String()),
      parent: Type.Optional(RunId),
      /** The same id again answers with the first run, so that a retried request cannot start two. */
      requestId: Type.Optional(Type.String({ maxLength: 100 })),
    }),
    reply: RunSummary,
  }),
  'runs.importOffline': route({
    method: 'POST',
    path: '/v1/workspaces/:workspace/import-offline',
    summary:
      'Makes runs of what the logging helper kept in `.trainyard/offline` of a folder; importing again adds what is new.',
    params: workspace,
    body: Type.Object({
      folder: Type.String({
        minLength: 1,
        description: 'Absolute path of a training folder, or of one run in its .trainyard/offline.',
      }),
    }),
    reply: Type.Object({
      runs: Type.Array(RunSummary),
      known: Type.Integer({ description: 'How many of them were there already.' }),
    }),
  }),
  'runs.list': route({
    method: 'GET',
    path: '/v1/workspaces/:workspace/runs',
    summary: 'Runs, newest first. `text` looks in names, tags, notes and experiment names.',
    params: workspace,
    query: Type.Object({
      experiment: Type.Optional(ExperimentId),
      state: Type.Optional(RunState),
      parent: Type.Optional(Type.String({ description: 'Id of the parent; `none` for top-level runs only.' })),
      text: Type.Optional(Type.String({ maxLength: 200 })),
      folder: Type.Optional(Type.String()),
      star: Type.Optional(Type.Boolean()),
      deleted: Type.Optional(Type.Boolean()),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
      cursor: Type.Optional(Type.String()),
    }),
    reply: Type.Object({ runs: Type.Array(RunSummary), total: Type.Integer(), cursor: Type.Optional(Type.String()) }),
  }),
  'runs.get': route({
    method: 'GET',
    path: runPath,
    summary: 'Everything about one run.',
    scope: 'run',
    params: run,
    reply: RunDetail,
  }),
  'runs.update': route({
    method: 'PATCH',
    path: runPath,
    summary: 'Name, note, star, tags (an empty value removes a tag).',
    params: run,
    body: Type.Object({
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      note: Type.Optional(Type.String({ maxLength: 100_000 })),
      star: Type.Optional(Type.Boolean()),
      tags: Type.Optional(Tags),
      experiment: Type.Optional(Type.String({ description: 'Name of the experiment to move the run to.' })),
    }),
    reply: RunSummary,
  }),
  'runs.cancel': route({
    method: 'POST',
    path: `${runPath}/cancel`,
    summary: 'Ends the run: TERM, grace, KILL, the whole process tree.',
    params: run,
    body: Type.Object({ graceMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })) }),
    reply: RunSummary,
  }),
  'runs.retry': route({
    method: 'POST',
    path: `${runPath}/retry`,
    summary:
      'Submits the same folder and configuration again, from the snapshot of that run or from the folder as it is.',
    params: run,
    body: Type.Object({
      from: Type.Union([Type.Literal('snapshot'), Type.Literal('folder')]),
      /** As in a submit: the same id again answers with the first. */
      requestId: Type.Optional(Type.String({ maxLength: 100 })),
    }),
    reply: RunSummary,
  }),
  'runs.delete': route({
    method: 'DELETE',
    path: runPath,
    summary:
      'Deletes a run and its children; can be restored until it is purged. Refused while it is active or its model is in use.',
    params: run,
    reply: Empty,
  }),
  'runs.restore': route({
    method: 'POST',
    path: `${runPath}/restore`,
    summary: 'Undoes a deletion.',
    params: run,
    reply: RunSummary,
  }),
  'runs.log': route({
    method: 'GET',
    path: `${runPath}/log`,
    summary:
      'Raw bytes of the log from `offset` (negative: from the end). `X-Log-Offset` and `X-Log-Size` say what was sent.',
    params: run,
    query: Type.Object({
      offset: Type.Optional(Type.Integer()),
      limit: Type.Optional(Type.Integer({ minimum: 0, maximum: 16_777_216 })),
    }),
    reply: 'bytes',
  }),
  'runs.searchLog': route({
    method: 'GET',
    path: `${runPath}/log/search`,
    summary: 'Lines of the log that contain the text, as byte offsets.',
    params: run,
    query: Type.Object({
      text: Type.String({ minLength: 1, maxLength: 500 }),
      from: Type.Optional(Type.Integer()),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }),
    reply: Type.Object({
      matches: Type.Array(Type.Object({ offset: Type.Integer(), line: Type.String() })),
      next: Type.Optional(Type.Integer()),
    }),
  }),
  'runs.errors': route({
    method: 'GET',
    path: `${runPath}/log/errors`,
    summary:
      'Tracebacks and errors found in the log, the first one first, their frames mapped to the person’s own files.',
    params: run,
    reply: Type.Object({
      errors: Type.Array(
        Type.Object({
          offset: Type.Integer(),
          message: Type.String(),
          frames: Type.Array(
            Type.Object({
              file: Type.String(),
              line: Type.Integer(),
              function: Type.Optional(Type.String()),
              own: Type.Boolean(),
            }),
          ),
        }),
      ),
    }),
  }),
  'runs.outputs': route({
    method: 'GET',
    path: `${runPath}/outputs`,
    summary: 'Files the run left, one folder at a time.',
    params: run,
    query: Type.Object({ path: Type.Optional(InnerPath), recursive: Type.Optional(Type.Boolean()) }),
    reply: Type.Object({ entries: Type.Array(OutputEntry), truncated: Type.Boolean() }),
  }),
  'runs.output': route({
    method: 'GET',
    path: `${runPath}/outputs/file`,
    summary: 'One output file; honours Range.',
    params: run,
    query: Type.Object({ path: InnerPath }),
    reply: 'bytes',
  }),
  'runs.media': route({
    method: 'GET',
    path: `${runPath}/media`,
    summary: 'Images, tables, texts and histograms the run logged.',
    params: run,
    reply: Type.Object({ media: Type.Array(MediaEntry) }),
  }),
  'runs.snapshot': route({
    method: 'GET',
    path: `${runPath}/snapshot`,
    summary: 'Files of the snapshot the run was made from.',
    params: run,
    reply: Type.Object({ id: Type.String(), files: Type.Array(OutputEntry) }),
  }),
  'runs.snapshotFile': route({
    method: 'GET',
    path: `${runPath}/snapshot/file`,
    summary: 'One file of the snapshot.',
    params: run,
    query: Type.Object({ path: InnerPath }),
    reply: 'bytes',
  }),
  'runs.snapshotZip': route({
    method: 'GET',
    path: `${runPath}/snapshot/zip`,
    summary: 'The snapshot as a zip.',
    params: run,
    reply: 'bytes',
  }),
  'runs.metrics': route({
    method: 'GET',
    path: `${runPath}/metrics`,
    summary: 'Every metric of the run: count, last, extremes. System metrics start with `system/`.',
    scope: 'run',
    params: run,
    reply: Type.Object({ metrics: Type.Array(MetricSummary) }),
  }),
  'runs.curves': route({
    method: 'POST',
    path: `${runPath}/metrics/curves`,
    summary: 'Curves reduced to what the screen can show.',
    params: run,
    body: Type.Object({
      keys: Type.Array(MetricKey, { maxItems: 500 }),
      axis: Type.Union([Type.Literal('step'), Type.Literal('time'), Type.Literal('relative')]),
      from: Type.Optional(Type.Number()),
      to: Type.Optional(Type.Number()),
      buckets: Type.Integer({ minimum: 1, maximum: 20_000, description: 'About the width in pixels.' }),
    }),
    reply: Type.Object({ curves: Type.Array(Curve) }),
  }),
  'runs.metricHistory': route({
    method: 'GET',
    path: `${runPath}/metrics/history`,
    summary: 'Exact points of one metric, page by page.',
    scope: 'run',
    params: run,
    query: Type.Object({
      key: MetricKey,
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
      cursor: Type.Optional(Type.String()),
    }),
    reply: Type.Object({
      points: Type.Array(
        Type.Object({ step: Type.Integer(), time: Time, value: Type.Union([Type.Number(), Type.String()]) }),
      ),
      cursor: Type.Optional(Type.String()),
    }),
  }),
  'runs.metricsCsv': route({
    method: 'GET',
    path: `${runPath}/metrics/csv`,
    summary: 'All points as CSV: key, step, time, value.',
    params: run,
    query: Type.Object({ key: Type.Optional(MetricKey) }),
    reply: 'bytes',
  }),
};
