import type { Float } from '../../shared/domain/common.ts';
import type { Headline, Progress, RunState, RunSummary } from '../../shared/domain/run.ts';
import { formatAge, formatDateTime, formatDuration, formatNumber } from '../../shared/format.ts';
import { isActive } from '../../shared/runState.ts';
import { seriesStyle } from '../../shared/seriesStyle.ts';
import { escapeMarkdown, type ItemText, markdownTable, oneLine } from './itemText.ts';

/** Shape first, colour second; only a running run moves. */
export const stateIcons: Record<RunState, string> = {
  queued: 'circle-large-outline',
  preparing: 'sync',
  running: 'loading~spin',
  finished: 'pass',
  failed: 'error',
  cancelled: 'circle-slash',
  unknown: 'question',
};

export interface RunItemOptions {
  readonly now: number;
  readonly ticked?: boolean;
  /** The last value of a metric, for `epoch`. */
  metric?(key: string): Float | undefined;
}

/** How a run looks in a tree: state, name, headline metric with its direction, age; the rest in the tooltip. */
export function runItem(run: RunSummary, options: RunItemOptions): ItemText {
  const description = [...progress(run, options), ageOf(run, options.now)].join('   ');
  return {
    label: `${run.star ? '★ ' : ''}${oneLine(run.name)}`,
    description,
    tooltip: runTooltip(run, options.now),
    icon: stateIcons[run.state],
    color: run.state === 'failed' ? 'list.errorForeground' : `trainyard.series${seriesStyle(run.id).index}`,
    context: contextOf(run),
    spoken: spokenOf(run, options.now),
    ...(run.children > 0 ? { expandable: 'collapsed' as const } : {}),
    ...(options.ticked === undefined ? {} : { checked: options.ticked }),
  };
}

/** `acc 0.981 ↑`, marked when no other run of the experiment is better. Four digits; the tooltip's page has all. */
export function headlineText(headline: Headline): string {
  const arrow = headline.direction === 'max' ? '↑' : '↓';
  return `${oneLine(headline.key, 24)} ${formatNumber(headline.value, 4)} ${arrow}${headline.best ? ' best' : ''}`;
}

/** `epoch 7/20`; more than there should be is shown without its end. */
function progressText({ name, done, total }: Progress): string {
  return total === undefined || done > total ? `${name} ${done}` : `${name} ${done}/${total}`;
}

function progress(run: RunSummary, options: RunItemOptions): string[] {
  if (run.state === 'queued') return [oneLine(run.activity ?? 'queued', 60)];
  if (run.state === 'preparing') return [oneLine(run.activity ?? 'preparing', 60)];
  if (run.state === 'failed' || run.state === 'unknown') return [oneLine(run.end?.message ?? run.state, 60)];
  const goal = run.state === 'running' && run.progress ? progressText(run.progress) : undefined;
  const epoch = run.state === 'running' ? options.metric?.('epoch') : undefined;
  return [
    ...(run.state === 'cancelled' ? [run.end?.reason === 'superseded' ? 'superseded' : 'cancelled'] : []),
    ...(goal ? [goal] : epoch === undefined ? [] : [`epoch ${formatNumber(epoch)}`]),
    ...(run.headline ? [headlineText(run.headline)] : []),
  ];
}

function ageOf(run: RunSummary, now: number): string {
  if (run.state === 'running' && run.startedAt !== undefined) return formatAge(run.startedAt, now);
  return formatAge(run.endedAt ?? run.createdAt, now);
}

/** Words that menus match, such as `run active starred`. */
function contextOf(run: RunSummary): string {
  const words = ['run', isActive(run.state) ? 'active' : 'ended', run.state];
  if (run.star) words.push('starred');
  if (run.folder !== undefined) words.push('local');
  return words.join(' ');
}

function spokenOf(run: RunSummary, now: number): string {
  const metric = run.headline ? `, ${run.headline.key} ${formatNumber(run.headline.value)}` : '';
  const best = run.headline?.best ? ', best' : '';
  const why = run.end && run.state === 'failed' ? `, ${run.end.message}` : '';
  return `${oneLine(run.name)}, ${run.state}${why}${metric}${best}${run.star ? ', starred' : ''}, ${ageOf(run, now)}`;
}

export function runTooltip(run: RunSummary, now: number): string {
  const start = run.startedAt ?? run.createdAt;
  const duration = run.endedAt ?? (run.state === 'running' ? now : undefined) ?? undefined;
  const lines = [
    `**${escapeMarkdown(run.name)}** — ${run.state}${run.end && run.state !== 'finished' ? `: ${escapeMarkdown(run.end.message)}` : ''}`,
    markdownTable([
      ['experiment', run.experiment.name],
      [run.headline?.key ?? 'metric', run.headline ? formatNumber(run.headline.value) : undefined],
      ['started', formatDateTime(start)],
      ['took', duration === undefined || run.startedAt === undefined ? undefined : formatDuration(duration - start)],
      ['script', scriptName(run)],
      ['configuration', run.configuration],
      ['folder', run.folder],
      ['on', run.target],
      ['attempt', run.attempt > 1 ? String(run.attempt) : undefined],
      ['children', run.children > 0 ? String(run.children) : undefined],
      [
        'tags',
        Object.entries(run.tags)
          .map(([key, value]) => (value ? `${key}=${value}` : key))
          .join(', '),
      ],
      ['id', run.id],
    ]),
  ];
  if (run.note) lines.push(escapeMarkdown(run.note.slice(0, 500)));
  return lines.join('\n\n');
}

/** The script as a person calls it: by its path inside the folder. */
export function scriptName({ folder, script }: Pick<RunSummary, 'folder' | 'script'>): string | undefined {
  if (script === undefined || folder === undefined) return script;
  const inner = script.startsWith(folder) ? script.slice(folder.length) : '';
  // A folder beside this one may have a name that begins with its name.
  return /^[\\/]/.test(inner) ? inner.replace(/^[\\/]+/, '').replaceAll('\\', '/') : script;
}
