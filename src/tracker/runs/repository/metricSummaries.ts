import type { MetricSummary } from '../../../shared/domain/run.ts';
import { toFloat } from '../../../shared/float.ts';
import type { MetricStore, SeriesInfo } from '../../metrics/metricStore.ts';

/** What the API tells of every metric of a run, by key. */
export function metricSummaries(metrics: MetricStore, run: string): MetricSummary[] {
  return metrics.series(run).map(metricSummary);
}

export function metricSummary(series: SeriesInfo): MetricSummary {
  return {
    key: series.key,
    count: series.count,
    last: toFloat(series.last.value),
    lastStep: series.last.step,
    lastTime: series.last.timestamp,
    ...(series.min === undefined ? {} : { min: series.min }),
    ...(series.max === undefined ? {} : { max: series.max }),
  };
}
