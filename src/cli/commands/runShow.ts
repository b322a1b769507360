import type { RunDetail } from '../../shared/domain/run.ts';
import { formatBytes, formatDateTime, formatDuration, formatNumber } from '../../shared/format.ts';
import { type Command, EXIT } from '../command.ts';
import { fields, table } from '../output.ts';
import { resolveRun } from '../resolve.ts';
import { stateText } from '../runText.ts';

export const runShow: Command = {
  name: 'run show',
  summary: 'Show everything about one run.',
  usage: 'ID',
  positionals: [1, 1],
  async run({ positionals, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const run = await resolveRun(connected, id, positionals[0] ?? '');
    const detail = await connected.call('runs.get', { params: { workspace: id, run } });
    out.result(detail, () => describe(detail));
    return EXIT.ok;
  },
};

function describe(run: RunDetail): string {
  const took = run.startedAt === undefined ? undefined : formatDuration((run.endedAt ?? Date.now()) - run.startedAt);
  const { git, interpreter } = run;
  const commit = git?.commit === undefined ? undefined : `${git.commit.slice(0, 10)} ${git.branch ?? ''}`;
  const changed = git !== undefined && git.changed.length > 0 ? ` + ${git.changed.length} changed files` : '';
  const head = fields([
    ['Run', `${run.name}  ${run.id}`],
    ['Experiment', run.experiment.name],
    ['State', stateText(run)],
    ['Started', run.startedAt === undefined ? undefined : formatDateTime(run.startedAt)],
    ['Took', took],
    ['Folder', run.folder],
    ['Command', run.command.length > 0 ? run.command.join(' ') : undefined],
    ['Interpreter', interpreter === undefined ? undefined : `${interpreter.path} ${interpreter.version ?? ''}`.trim()],
    ['Environment', run.environment === undefined ? undefined : `${run.environment.kind} ${run.environment.name}`],
    ['Git', commit === undefined ? undefined : `${commit}${changed}`],
    ['Host', run.host],
    ['Target', run.target],
    ['Peak memory', run.end?.peakMemory === undefined ? undefined : formatBytes(run.end.peakMemory)],
    ['Log', formatBytes(run.logBytes)],
    ['Note', run.note],
    ['Tags', pairs(run.tags)],
    ['Directory', run.runDirectory],
  ]);
  const parts = [head];
  const params = Object.entries(run.params);
  if (params.length > 0)
    parts.push(`Parameters\n${fields(params.map(([key, value]) => [`  ${key}`, value] as const))}`);
  if (run.metrics.length > 0) {
    const columns = [
      { title: 'METRIC', of: (metric: RunDetail['metrics'][number]) => metric.key },
      { title: 'LAST', of: (metric: RunDetail['metrics'][number]) => formatNumber(metric.last), right: true },
      { title: 'STEP', of: (metric: RunDetail['metrics'][number]) => String(metric.lastStep), right: true },
      { title: 'POINTS', of: (metric: RunDetail['metrics'][number]) => String(metric.count), right: true },
    ];
    parts.push(table(run.metrics, columns, ''));
  }
  return parts.join('\n\n');
}

function pairs(tags: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(tags);
  return entries.length === 0 ? undefined : entries.map(([key, value]) => `${key}=${value}`).join('  ');
}
