import { shellExports } from '../../shared/shellExports.ts';
import { type Command, EXIT, UsageError } from '../command.ts';

export const env: Command = {
  name: 'env',
  summary: 'Print what a shell must export so that a script is tracked.',
  options: {
    experiment: { type: 'string', short: 'e', value: 'NAME', help: 'Experiment of what is logged from there.' },
    shell: {
      type: 'string',
      value: 'NAME',
      help: `${Object.keys(shellExports).join(', ')}. Default: sh; powershell on Windows.`,
    },
  },
  help: 'Use it as: eval "$(trainyard env)". The token in it is good for one workspace.',
  async run({ options, out, client, workspace }) {
    const shell = options.text('shell') ?? (process.platform === 'win32' ? 'powershell' : 'sh');
    const line = shellExports[shell];
    if (line === undefined) throw new UsageError(`--shell is one of ${Object.keys(shellExports).join(', ')}.`);
    const experiment = options.text('experiment');
    const reply = await (await client()).call('env.get', {
      params: { workspace: await workspace() },
      body: experiment === undefined ? {} : { experiment },
    });
    out.result(reply.variables, () =>
      Object.entries(reply.variables)
        .map(([name, value]) => line(name, value))
        .join('\n'),
    );
    return EXIT.ok;
  },
};
