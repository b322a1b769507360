import { type Command, EXIT } from '../command.ts';
import { followRun } from '../followRun.ts';
import { resolveRun } from '../resolve.ts';

export const logs: Command = {
  name: 'logs',
  summary: 'Print the log of a run.',
  usage: 'ID',
  positionals: [1, 1],
  options: {
    follow: { type: 'boolean', short: 'f', help: 'Go on until the run ends, and end with its exit code.' },
    tail: { type: 'string', value: 'BYTES', help: 'Only the last so many bytes.' },
  },
  help: 'With --json, one object with the log as text.',
  async run({ positionals, options, out, client, workspace, signal }) {
    const connected = await client();
    const id = await workspace();
    const run = await resolveRun(connected, id, positionals[0] ?? '');
    if (options.flag('follow')) {
      return followRun({ client: connected, workspace: id, run, out, signal, fromStart: true });
    }
    const tail = options.integer('tail', 1);
    const query = tail === undefined ? {} : { offset: -tail };
    const chunks: Uint8Array[] = [];
    let offset: number | undefined;
    for (;;) {
      const response = await connected.bytes('runs.log', {
        params: { workspace: id, run },
        query: offset === undefined ? query : { offset },
      });
      const chunk = new Uint8Array(await response.arrayBuffer());
      if (chunk.length === 0) break;
      if (out.isJson) chunks.push(chunk);
      else await out.bytes(chunk);
      offset = (offset ?? Number(response.headers.get('x-log-offset') ?? 0)) + chunk.length;
    }
    if (out.isJson) out.result({ run, log: Buffer.concat(chunks).toString('utf8') }, () => '');
    return EXIT.ok;
  },
};
