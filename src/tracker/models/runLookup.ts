import path from 'node:path';
import { RUN_FILES } from '../../shared/runDirectory.ts';
import type { MetricStore } from '../metrics/metricStore.ts';
import { contained } from '../runs/handlers/contained.ts';
import { noSuchRun } from '../runs/repository/storedRun.ts';
import { statements } from '../store/statements.ts';
import type { WorkspaceStore } from '../workspaces/workspaceStore.ts';
import type { RunLookup } from './modelRegistry.ts';

interface RunLine {
  id: string;
  name: string;
  parent: string | null;
  folder: string | null;
  snapshot: string | null;
}

const prepared = statements((db) => ({
  run: db.prepare<[string], RunLine>('SELECT id, name, parent, folder, snapshot FROM run WHERE id = ?'),
  params: db.prepare<[string], { key: string; value: string }>('SELECT key, value FROM run_param WHERE run = ?'),
}));

/** Reads the lineage of models from the rows and files of runs. */
export function createRunLookup(metricsOf: (store: WorkspaceStore) => MetricStore): RunLookup {
  const find = (store: WorkspaceStore, run: string): RunLine => {
    const row = prepared(store.db).run.get(run);
    if (!row) throw noSuchRun(run);
    return row;
  };
  /** A child run that has no folder of its own wrote into the outputs of the run whose process made it. */
  const owner = (store: WorkspaceStore, run: string): RunLine => {
    const row = find(store, run);
    return row.folder === null && row.parent !== null ? owner(store, row.parent) : row;
  };
  return {
    resolveOutput: (store, run, inner) =>
      contained(path.join(store.paths.runs, owner(store, run).id, RUN_FILES.outputs), inner),
    describeRun: (store, run) => {
      const row = find(store, run);
      const snapshot = row.snapshot ?? owner(store, run).snapshot;
      const params = prepared(store.db).params.all(run);
      const metrics = metricsOf(store)
        .series(run)
        .filter(({ key, last }) => Number.isFinite(last.value) && !key.startsWith('system/'));
      return {
        name: row.name,
        snapshot: snapshot ?? undefined,
        params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
        metrics: Object.fromEntries(metrics.map(({ key, last }) => [key, last.value])),
      };
    },
  };
}
