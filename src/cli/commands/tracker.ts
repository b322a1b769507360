import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from '../../client/connect.ts';
import { trackerEnvironment } from '../../client/trackerEnvironment.ts';
import { formatBytes, formatDateTime } from '../../shared/format.ts';
import { programFile } from '../../shared/programFiles.ts';
import { type Command, EXIT } from '../command.ts';
import { fields } from '../output.ts';

export const tracker: Command = {
  name: 'tracker',
  summary: 'Start the tracker if none lives, and say where it is.',
  options: {
    port: { type: 'string', value: 'N', help: 'Port to listen on; must be free. Default: the one this home keeps.' },
    foreground: { type: 'boolean', help: 'Run it here until Ctrl-C, with its log on stderr.' },
  },
  async run({ options, out, home }) {
    const port = options.integer('port', 1);
    if (options.flag('foreground')) return runHere(home, port);
    const { client, started, notice } = await connect({ home, port });
    if (notice !== undefined) out.note(notice);
    const info = await client.call('tracker.info', {});
    out.result({ ...info, started }, () =>
      fields([
        ['Tracker', `${info.address}${started ? ' (started)' : ''}`],
        ['Version', `${info.version} on Node ${info.node}`],
        ['Process', `${info.pid}, since ${formatDateTime(info.startedAt)}`],
        ['Home', info.home],
        ['Memory', formatBytes(info.memory)],
        ['Clients', String(info.clients)],
        ['Active runs', String(info.activeRuns)],
      ]),
    );
    return EXIT.ok;
  },
};

export const trackerStop: Command = {
  name: 'tracker stop',
  summary: 'End the tracker. Runs go on; the next command, or an editor, starts it again and takes in what they wrote.',
  async run({ out, home }) {
    const { client, discovery } = await connect({ home, start: 'never' });
    await client.call('tracker.stop', {});
    out.result({ stopped: discovery.pid }, () => `The tracker (process ${discovery.pid}) leaves.`);
    return EXIT.ok;
  },
};

async function runHere(home: string, port: number | undefined): Promise<number> {
  const args = ['--home', home, '--foreground', ...(port === undefined ? [] : ['--port', String(port)])];
  const child = spawn(process.execPath, [programFile('tracker'), ...args], {
    stdio: 'inherit',
    env: trackerEnvironment(process.env),
  });
  // Ctrl-C reaches the child by itself, through the terminal; a signal to this process alone is passed on.
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', pass);
  return code ?? EXIT.interrupted;
}
