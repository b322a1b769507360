import { formatNumber } from '../../shared/format.ts';
import { type Command, EXIT } from '../command.ts';
import { table } from '../output.ts';
import { resolveRun } from '../resolve.ts';

interface Point {
  readonly step: number;
  readonly time: number;
  readonly value: number | string;
}

export const metrics: Command = {
  name: 'metrics',
  summary: 'Print the metrics of a run, or every point of one.',
  usage: 'ID [KEY]',
  positionals: [1, 2],
  options: { csv: { type: 'boolean', help: 'All points of all metrics, or of KEY, as CSV.' } },
  async run({ positionals, options, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const [asked = '', key] = positionals;
    const params = { workspace: id, run: await resolveRun(connected, id, asked) };
    if (options.flag('csv')) {
      const response = await connected.bytes('runs.metricsCsv', { params, query: key === undefined ? {} : { key } });
      for await (const chunk of response.body ?? []) await out.bytes(chunk);
      return EXIT.ok;
    }
    if (key !== undefined) {
      const points: Point[] = [];
      let cursor: string | undefined;
      do {
        const query = { key, limit: 100_000, ...(cursor === undefined ? {} : { cursor }) };
        const page = await connected.call('runs.metricHistory', { params, query });
        for (const point of page.points) points.push(point);
        cursor = page.cursor;
      } while (cursor !== undefined);
      out.result({ key, points }, () => points.map(({ step, value }) => `${step}\t${value}`).join('\n'));
      return EXIT.ok;
    }
    const reply = await connected.call('runs.metrics', { params });
    out.result(reply, () =>
      table(
        reply.metrics,
        [
          { title: 'METRIC', of: (metric) => metric.key },
          { title: 'LAST', right: true, of: (metric) => formatNumber(metric.last) },
          { title: 'MIN', right: true, of: (metric) => (metric.min === undefined ? '' : formatNumber(metric.min)) },
          { title: 'MAX', right: true, of: (metric) => (metric.max === undefined ? '' : formatNumber(metric.max)) },
          { title: 'STEP', right: true, of: (metric) => String(metric.lastStep) },
          { title: 'POINTS', right: true, of: (metric) => String(metric.count) },
        ],
        'No metrics were logged.',
      ),
    );
    return EXIT.ok;
  },
};
