import type { RequestOf } from '../../shared/api/routes.ts';
import type { RunState } from '../../shared/domain/run.ts';
import { formatDateTime, formatDuration } from '../../shared/format.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import { table } from '../output.ts';
import { headlineText, stateText } from '../runText.ts';

const STATES: readonly RunState[] = ['queued', 'preparing', 'running', 'finished', 'failed', 'cancelled', 'unknown'];

export const runs: Command = {
  name: 'runs',
  summary: 'List runs, newest first.',
  usage: '[TEXT]',
  positionals: [0, 1],
  options: {
    experiment: { type: 'string', short: 'e', value: 'NAME', help: 'Of one experiment, by name or id.' },
    state: { type: 'string', value: 'STATE', help: `One of ${STATES.join(', ')}.` },
    star: { type: 'boolean', help: 'Starred ones.' },
    deleted: { type: 'boolean', help: 'Deleted ones, which can still be restored.' },
    limit: { type: 'string', short: 'n', value: 'N', help: 'At most so many. Default 20.' },
  },
  async run({ positionals, options, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const [text] = positionals;
    const state = STATES.find((one) => one === options.text('state'));
    if (state === undefined && options.text('state') !== undefined) {
      throw new UsageError(`--state is one of ${STATES.join(', ')}.`);
    }
    const named = options.text('experiment');
    const { experiments } =
      named === undefined
        ? { experiments: [] }
        : await connected.call('experiments.list', { params: { workspace: id } });
    const experiment = named === undefined ? undefined : (experiments.find(({ name }) => name === named)?.id ?? named);
    const query: RequestOf<'runs.list'>['query'] = {
      limit: options.integer('limit', 1) ?? 20,
      ...(text === undefined ? {} : { text }),
      ...(state === undefined ? {} : { state }),
      ...(experiment === undefined ? {} : { experiment }),
      ...(options.flag('star') ? { star: true } : {}),
      ...(options.flag('deleted') ? { deleted: true } : {}),
    };
    const page = await connected.call('runs.list', { params: { workspace: id }, query });
    out.result(page, () => {
      const rows = table(
        page.runs,
        [
          { title: 'ID', of: (run) => run.id },
          { title: 'NAME', of: (run) => `${run.star ? '★ ' : ''}${run.name}` },
          { title: 'EXPERIMENT', of: (run) => run.experiment.name },
          { title: 'STATE', of: stateText },
          { title: 'METRIC', of: headlineText },
          { title: 'STARTED', of: (run) => formatDateTime(run.startedAt ?? run.createdAt) },
          {
            title: 'TOOK',
            right: true,
            of: (run) =>
              run.startedAt === undefined ? '' : formatDuration((run.endedAt ?? Date.now()) - run.startedAt),
          },
        ],
        'No runs yet. Start one with `trainyard train`.',
      );
      const more = page.total - page.runs.length;
      return more > 0 ? `${rows}\n… and ${more} more (--limit)` : rows;
    });
    return EXIT.ok;
  },
};
