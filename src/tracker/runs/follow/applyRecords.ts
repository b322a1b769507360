import type { RunEnd } from '../../../shared/domain/run.ts';
import { type HelperRecord, toNumber } from '../../../shared/helperRecords.ts';
import type { MetricPoint } from '../../metrics/points.ts';
import type { RunScope } from '../runScope.ts';

/** What a batch of records changed, for the events that follow its commit. */
export interface Applied {
  /** Keys of metrics that moved, by run. */
  readonly metrics: Map<string, Set<string>>;
  /** Runs whose row, tags or parameters changed. */
  readonly runs: Set<string>;
  /** Media keys, by run. */
  readonly media: Map<string, Set<string>>;
  outputs: boolean;
}

/**
 * Takes records of a run into the database. To be called inside a job of the writer; safe to repeat, since every record
 * has a place of its own (point, row of a table) that a second time finds filled.
 */
export function applyRecords(scope: RunScope, run: string, records: readonly HelperRecord[]): Applied {
  const applied: Applied = { metrics: new Map(), runs: new Set(), media: new Map(), outputs: false };
  const points = new Map<string, MetricPoint[]>();
  for (const record of records) {
    const target =
      record.child === undefined || record.t === 'child' ? run : childRun(scope, run, record.child, applied);
    if (record.t === 'metrics') {
      const list = points.get(target) ?? [];
      points.set(target, list);
      for (const [key, value] of Object.entries(record.values)) {
        list.push({ key, step: record.step, timestamp: record.time, value: toNumber(value) });
      }
    } else applyRecord(scope, run, target, record, applied);
  }
  for (const [target, list] of points) {
    scope.metrics.append(target, list);
    applied.metrics.set(target, new Set(list.map(({ key }) => key)));
  }
  return applied;
}

function applyRecord(
  scope: RunScope,
  run: string,
  target: string,
  record: Exclude<HelperRecord, { t: 'metrics' }>,
  applied: Applied,
): void {
  const { repository, records } = scope;
  switch (record.t) {
    case 'header':
      return;
    case 'params': {
      const values = Object.entries(record.values).map(([key, value]) => [key, String(value)]);
      records.setParams(target, Object.fromEntries(values));
      applied.runs.add(target);
      return;
    }
    case 'tags':
      repository.setTags(target, record.values);
      applied.runs.add(target);
      return;
    case 'artifact':
      applied.outputs = true;
      return;
    case 'dataset':
      records.setInput(target, {
        name: record.name,
        path: record.path,
        ...(record.hash === null ? {} : { hash: record.hash }),
        ...(record.size === null ? {} : { bytes: record.size }),
      });
      applied.runs.add(target);
      return;
    case 'image':
    case 'table':
    case 'text':
    case 'histogram': {
      const { name: key, step, time } = record;
      records.addMedia(target, { key, kind: record.t, step, time, path: insideOutputs(record.path) });
      const keys = applied.media.get(target) ?? new Set();
      applied.media.set(target, keys.add(key));
      return;
    }
    case 'model':
      records.addModel(target, {
        name: record.name,
        path: insideOutputs(record.path),
        request: `${target}:${record.time}:${record.seq}:${record.name}`.slice(0, 400),
      });
      applied.outputs = true;
      return;
    case 'child':
      openChild(scope, run, record, applied);
      return;
    case 'child-end':
      endChild(scope, run, record, applied);
      return;
    default:
      record satisfies never;
  }
}

type ChildRecord = Extract<HelperRecord, { t: 'child' }>;

function openChild(scope: RunScope, run: string, record: ChildRecord, applied: Applied): void {
  const parent = record.child === undefined ? run : childRun(scope, run, record.child, applied);
  const id = childRun(scope, run, record.id, applied);
  scope.records.nameChild(id, { name: record.name, parent, startedAt: record.time });
  applied.runs.add(id).add(parent);
}

function endChild(
  scope: RunScope,
  run: string,
  record: Extract<HelperRecord, { t: 'child-end' }>,
  applied: Applied,
): void {
  const id = childRun(scope, run, record.id, applied);
  const failed = record.status === 'failed';
  const end: RunEnd = { reason: 'exit', message: failed ? (record.error ?? 'failed') : 'finished' };
  scope.repository.end(id, failed ? 'failed' : 'finished', end, record.time, `run ${run}`);
  applied.runs.add(id);
}

/**
 * The run of a helper's child. It is made when it is first named, which may be before its own record is read, because
 * another process of the run may use it from another file.
 */
function childRun(scope: RunScope, run: string, child: string, applied: Applied): string {
  const id = `${run}-${child}`;
  if (scope.queries.find(id) !== undefined) return id;
  const parent = scope.queries.row(run, { withDeleted: true });
  const experiment = scope.queries.experimentName(parent.experiment);
  const name = child.slice(0, 8);
  scope.repository.create({ id, experiment, name, exactName: true, parent: run, state: 'running' }, `run ${run}`);
  applied.runs.add(id).add(run);
  return id;
}

/** Records name paths below the run directory; everybody else names them inside the outputs. */
function insideOutputs(path: string): string {
  return path.startsWith('outputs/') ? path.slice('outputs/'.length) : path;
}
