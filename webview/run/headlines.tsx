import type { Progress, RunDetail } from '../../src/shared/domain/run.ts';
import { fromFloat } from '../../src/shared/float.ts';
import { formatDuration, formatNumber } from '../../src/shared/format.ts';
import { progressOf } from '../../src/shared/progress.ts';
import { isActive } from '../../src/shared/runState.ts';
import { compareMetrics } from '../charts/chartLayout.ts';
import { useNow } from '../shared/hooks.ts';
import type { Subject } from './subject.ts';

const MOST = 4;

/** The few numbers one looks at first: headline metric, the next metrics, epoch, time left. */
export function Headlines({ subjects }: { subjects: readonly Subject[] }) {
  const now = useNow(1000);
  const run = subjects[0]?.run;
  if (!run) return null;
  const headline = run.headline;
  const others = run.metrics
    .filter((metric) => metric.key !== headline?.key && !/^system\/|^epoch$|^step$/.test(metric.key))
    .sort((a, b) => compareMetrics(a.key, b.key));
  const progress = progressOf(run.params, run.metrics);
  const left = progress && run.startedAt && isActive(run.state) ? timeLeft(progress, now - run.startedAt) : undefined;
  if (!headline && others.length === 0) return null;
  return (
    <dl class="headlines">
      {headline ? (
        <Figure
          name={headline.key}
          value={`${formatNumber(headlineValue(run))} ${headline.direction === 'max' ? '↑' : '↓'}`}
          note={headline.best ? 'best' : bestNote(run)}
        />
      ) : null}
      {others.slice(0, MOST - 1).map((metric) => (
        <Figure key={metric.key} name={metric.key} value={formatNumber(fromFloat(metric.last))} />
      ))}
      {progress ? (
        <Figure
          name={progress.name}
          value={progress.total ? `${progress.done}/${progress.total}` : `${progress.done}`}
        />
      ) : null}
      {left === undefined ? null : <Figure name="time left" value={`~${formatDuration(left)}`} />}
    </dl>
  );
}

function Figure({ name, value, note }: { name: string; value: string; note?: string | undefined }) {
  return (
    <div>
      <dt title={name}>{name}</dt>
      <dd>
        {value}
        {note ? <span class="note">{note}</span> : null}
      </dd>
    </div>
  );
}

/** The metric's last value, which events bring sooner than a new summary. */
function headlineValue(run: RunDetail): number {
  const metric = run.metrics.find((one) => one.key === run.headline?.key);
  return fromFloat(metric?.last ?? run.headline?.value ?? 'NaN');
}

/** For a run that is not the best: its own best value, where it differs from the last. */
function bestNote(run: RunDetail): string | undefined {
  const metric = run.metrics.find((one) => one.key === run.headline?.key);
  const best = run.headline?.direction === 'max' ? metric?.max : metric?.min;
  if (best === undefined || metric === undefined || best === fromFloat(metric.last)) return undefined;
  return `best ${formatNumber(best)}`;
}

function timeLeft({ done, total }: Progress, elapsed: number): number | undefined {
  if (!total || done <= 0 || done >= total) return undefined;
  return (elapsed / done) * (total - done);
}
