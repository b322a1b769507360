import { useEffect, useRef, useState } from 'preact/hooks';
import type { MetricSummary, RunDetail, RunSummary } from '../../src/shared/domain/run.ts';
import { seriesStyles } from '../../src/shared/seriesStyle.ts';
import { type Loaded, useLoaded, useThrottled, useTrackerEvent } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import type { Subject } from './subject.ts';

/**
 * The runs of a page, kept up to date. Events carry what moved, so a live run costs next to no reading: a change of
 * state and a new metric are followed by one, since parameters, environment and git become known on the way.
 */
export function useSubjects(workspace: string, ids: readonly string[]): Loaded<readonly Subject[]> {
  const loaded = useLoaded(() => readSubjects(workspace, ids), `${workspace}/${ids.join(',')}`);
  const [live, setLive] = useState<readonly Subject[]>();
  const latest = useRef<readonly Subject[] | undefined>(undefined);
  const reloadSoon = useThrottled(loaded.reload, 500);
  const reloadSometimes = useThrottled(loaded.reload, 10_000);
  const showSoon = useThrottled(() => setLive(latest.current), 100);
  useEffect(() => {
    latest.current = loaded.value;
    setLive(loaded.value);
  }, [loaded.value]);
  useTrackerEvent((event) => {
    // A deleted run is still to be read, and says that it is deleted.
    if (event.type === 'run-removed' && ids.includes(event.run)) reloadSoon();
    if (event.type !== 'run' && event.type !== 'metrics' && event.type !== 'log') return;
    const id = event.type === 'run' ? event.run.id : event.run;
    const old = latest.current?.find(({ run }) => run.id === id)?.run;
    if (!old) return;
    if (event.type === 'run' && (event.run.state !== old.state || event.run.deletedAt !== old.deletedAt)) reloadSoon();
    if (event.type === 'metrics') {
      // With its first metrics a run has parameters and a headline too, of which there are no events.
      const known = new Set(old.metrics.map((metric) => metric.key));
      if (event.metrics.some((metric) => !known.has(metric.key))) reloadSoon();
      else reloadSometimes();
    }
    const run =
      event.type === 'run'
        ? withSummary(old, event.run)
        : event.type === 'metrics'
          ? { ...old, metrics: withMetrics(old.metrics, event.metrics) }
          : { ...old, logBytes: Math.max(old.logBytes, event.bytes) };
    latest.current = latest.current?.map((subject) => (subject.run.id === id ? { ...subject, run } : subject));
    showSoon();
  });
  return { ...loaded, value: live && loaded.value ? live : loaded.value };
}

async function readSubjects(workspace: string, ids: readonly string[]): Promise<readonly Subject[]> {
  const styles = seriesStyles(ids);
  const runs = await Promise.all(ids.map((run) => host.call('runs.get', { params: { workspace, run } })));
  return runs.flatMap((run) => {
    const style = styles.get(run.id);
    return style ? [{ run, style }] : [];
  });
}

/** A field that the summary no longer has (an activity that is over) goes with it; what only the detail has stays. */
function withSummary(old: RunDetail, summary: RunSummary): RunDetail {
  const { activity: _, headline: _2, note: _3, ...rest } = old;
  return { ...rest, ...summary };
}

export function withMetrics(old: readonly MetricSummary[], moved: readonly MetricSummary[]): MetricSummary[] {
  const merged = new Map([...old, ...moved].map((metric) => [metric.key, metric]));
  return [...merged.values()];
}
