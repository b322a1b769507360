import type { WorkspaceStore } from '../workspaces/workspaceStore.ts';
import { ChunkedMetricStore } from './chunkedMetricStore.ts';
import type { MetricStore } from './metricStore.ts';

const stores = new WeakMap<WorkspaceStore, MetricStore>();

/** The one metric store of a workspace. It takes part in the commits of the workspace's writer from its first use on. */
export function metricsOf(store: WorkspaceStore): MetricStore {
  let metrics = stores.get(store);
  if (metrics === undefined) {
    metrics = new ChunkedMetricStore(store.db);
    store.writer.join(metrics);
    stores.set(store, metrics);
  }
  return metrics;
}
