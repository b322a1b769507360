import type { MetricSummary } from '../../shared/domain/run.ts';
import { formatNumber } from '../../shared/format.ts';

/** Never wider than this, whatever a metric is called. */
export const widest = 40;

/** `loss 0.131`, its name shortened from the front where the end tells more (`val/loss`). */
export function inlineText(key: string, metric: MetricSummary, room: number): string {
  const value = formatNumber(metric.last, 4);
  const name =
    key.length + 1 + value.length <= room ? key : `…${key.slice(key.length - Math.max(1, room - value.length - 2))}`;
  return `${name} ${value}`;
}

/** How many of a line's metrics fit, with what text: all share the width, the curves count as some characters each. */
export function fitted(
  keys: readonly string[],
  metrics: ReadonlyMap<string, MetricSummary>,
): { key: string; metric: MetricSummary; text: string }[] {
  const curve = 6;
  const parts: { key: string; metric: MetricSummary; text: string }[] = [];
  let used = 0;
  for (const key of keys) {
    const metric = metrics.get(key);
    if (!metric) continue;
    const text = inlineText(key, metric, widest - curve);
    if (used + text.length + curve > widest && parts.length > 0) break;
    used += text.length + curve;
    parts.push({ key, metric, text });
  }
  return parts;
}

/**
 * Whether the lines of a call still read as they did when the run started. Leading and trailing blanks do not count:
 * moving a call into a block changes nothing of what it logs.
 */
export function isStale(now: string, snapshot: string | undefined): boolean {
  if (snapshot === undefined) return false;
  // Asked for each call of a script, four times a second while its run goes.
  if (snapshot !== last.snapshot) last = { snapshot, plain: plain(snapshot) };
  return !last.plain.includes(plain(now));
}

let last = { snapshot: '', plain: '' };

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
