import type { Static } from 'typebox';
import type { RunSummary } from '../shared/domain/run.ts';
import { formatNumber } from '../shared/format.ts';

type Run = Static<typeof RunSummary>;

/** How a run stands, in a few words: `running · epoch 3`, `failed · exit 1 · ValueError: …`. */
export function stateText(run: Run): string {
  if (run.end !== undefined && run.state !== 'finished') return `${run.state} · ${run.end.message}`;
  return run.activity === undefined ? run.state : `${run.state} · ${run.activity}`;
}

/** The metric that a list shows: `acc 0.981 ★`, the star for the best of its experiment. */
export function headlineText(run: Run): string {
  if (run.headline === undefined) return '';
  const { key, value, best } = run.headline;
  return `${key} ${formatNumber(value)}${best ? ' ★' : ''}`;
}
