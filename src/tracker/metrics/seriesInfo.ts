import type { SeriesInfo } from './metricStore.ts';
import type { Stats } from './stats.ts';

export function infoOf(key: string, stats: Stats): SeriesInfo {
  return {
    key,
    count: stats.count,
    nonFinite: stats.nonFinite,
    last: { step: stats.lastStep, timestamp: stats.lastTime, value: stats.lastValue },
    ...(stats.min <= stats.max ? { min: stats.min, max: stats.max } : {}),
    minStep: stats.firstStep,
    maxStep: stats.lastStep,
    firstTimestamp: stats.earliest,
    lastTimestamp: stats.latest,
  };
}
