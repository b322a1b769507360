import { terminalVariables } from '../../client/terminalVariables.ts';
import { shellExports } from '../../shared/shellExports.ts';
import { type Command, EXIT, UsageError } from '../command.ts';

export const env: Command = {
  name: 'env',
  summary: 'Print what a shell must export so that scripts find the tracker and the helper.',
  options: {
    experiment: { type: 'string', short: 'e', value: 'NAME', help: 'Experiment of the runs submitted from there.' },
    shell: {
      type: 'string',
      value: 'NAME',
      help: `${Object.keys(shellExports).join(', ')}. Default: sh; powershell on Windows.`,
    },
  },
  help: 'Use it as: eval "$(trainyard env)". Then `import trainyard` works there, and trainyard.submit() starts runs.',
  async run({ options, out, client, workspace }) {
    const shell = options.text('shell') ?? (process.platform === 'win32' ? 'powershell' : 'sh');
    const line = shellExports[shell];
    if (line === undefined) throw new UsageError(`--shell is one of ${Object.keys(shellExports).join(', ')}.`);
    const experiment = options.text('experiment');
    const reply = await (await client()).call('env.get', {
      params: { workspace: await workspace() },
      body: experiment === undefined ? {} : { experiment },
    });
    const variables = terminalVariables(reply.variables);
    out.result(variables, () =>
      Object.entries(variables)
        .map(([name, value]) => line(name, value))
        .join('\n'),
    );
    return EXIT.ok;
  },
};
