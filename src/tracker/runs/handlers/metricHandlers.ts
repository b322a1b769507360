import { Readable } from 'node:stream';
import { Problem } from '../../../shared/api/error.ts';
import type { BodyOf } from '../../../shared/api/route.ts';
import type { Routes } from '../../../shared/api/routes.ts';
import { toFloat } from '../../../shared/float.ts';
import type { Handlers } from '../../api/handlers.ts';
import type { MetricStore } from '../../metrics/metricStore.ts';
import { metricSummaries } from '../repository/metricSummaries.ts';
import type { RunScope, RunScopes } from '../runScope.ts';

type Names = 'runs.metrics' | 'runs.curves' | 'runs.metricHistory' | 'runs.metricsCsv';

const PAGE = 10_000;

export function metricHandlers(scopes: RunScopes): Pick<Handlers, Names> {
  const open = (params: { workspace: string; run: string }): RunScope => {
    const scope = scopes.open(params.workspace);
    scope.queries.row(params.run, { withDeleted: true });
    return scope;
  };
  return {
    'runs.metrics': ({ params }) => ({ metrics: metricSummaries(open(params).metrics, params.run) }),

    'runs.curves': ({ params, body }) => {
      const scope = open(params);
      const { started_at, created_at } = scope.queries.row(params.run, { withDeleted: true });
      return {
        curves: body.keys.map((key) => curveOf(scope.metrics, params.run, key, body, started_at ?? created_at)),
      };
    },

    'runs.metricHistory': ({ params, query }) => {
      const { metrics } = open(params);
      const options = { limit: query.limit ?? PAGE, ...(query.cursor === undefined ? {} : { after: query.cursor }) };
      const page = readPage(metrics, params.run, query.key, options);
      const points = Array.from(page.steps, (step, i) => ({
        step,
        time: page.times[i] ?? 0,
        value: toFloat(page.values[i] ?? Number.NaN),
      }));
      return page.next === undefined ? { points } : { points, cursor: page.next };
    },

    'runs.metricsCsv': ({ params, query }) => {
      const { metrics } = open(params);
      const keys = query.key === undefined ? metrics.series(params.run).map(({ key }) => key) : [query.key];
      const { name } = scopes.open(params.workspace).queries.row(params.run, { withDeleted: true });
      return {
        body: Readable.from(csvOf(metrics, params.run, keys)),
        contentType: 'text/csv; charset=utf-8',
        downloadName: `${name.replace(/[^\w.-]+/g, '_')}-metrics.csv`,
      };
    },
  };
}

function curveOf(metrics: MetricStore, run: string, key: string, body: BodyOf<Routes['runs.curves']>, origin: number) {
  const info = metrics.series(run).find((series) => series.key === key);
  if (info === undefined) return { key, x: [], y: [], points: 0, exact: true };
  const reduced = metrics.reduce(run, key, {
    axis: body.axis,
    buckets: body.buckets,
    origin,
    ...(body.from === undefined ? {} : { from: body.from }),
    ...(body.to === undefined ? {} : { to: body.to }),
  });
  const count = reduced.points.length / 3;
  const x: number[] = new Array(count);
  const y: (number | null)[] = new Array(count);
  for (let i = 0; i < count; i++) {
    x[i] = reduced.points[3 * i] ?? 0;
    const value = reduced.points[3 * i + 1] ?? Number.NaN;
    y[i] = Number.isFinite(value) ? value : null;
  }
  // What an exact curve shows is what there is; for a reduced one the whole count says how much it stands for.
  return { key, x, y, points: reduced.exact ? count : info.count, exact: reduced.exact };
}

function readPage(metrics: MetricStore, run: string, key: string, options: { limit: number; after?: string }) {
  try {
    return metrics.read(run, key, options);
  } catch (cause) {
    throw new Problem('invalid', 'This cursor was not made by runs.metricHistory.', {
      hint: 'Ask for the first page again.',
      cause,
    });
  }
}

/** Page by page, so that ten million points never are in memory at once. */
function* csvOf(metrics: MetricStore, run: string, keys: readonly string[]): Generator<string> {
  yield 'key,step,time,value\n';
  for (const key of keys) {
    const name = csvField(key);
    let after: string | undefined;
    do {
      const page = metrics.read(run, key, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      let text = '';
      page.steps.forEach((step, i) => {
        text += `${name},${step},${page.times[i] ?? 0},${page.values[i] ?? Number.NaN}\n`;
      });
      if (text !== '') yield text;
      after = page.next;
    } while (after !== undefined);
  }
}

/** A name that a spreadsheet would take for a formula is made text. */
function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
