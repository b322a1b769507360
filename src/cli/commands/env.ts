import { type Command, EXIT, UsageError } from '../command.ts';

/** How each shell sets a variable of its environment. Values are ours: no line breaks, but quoted all the same. */
const SHELLS: Readonly<Record<string, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
  cmd: (name, value) => `set "${name}=${value}"`,
};

export const env: Command = {
  name: 'env',
  summary: 'Print what a shell must export so that a script is tracked.',
  options: {
    experiment: { type: 'string', short: 'e', value: 'NAME', help: 'Experiment of what is logged from there.' },
    shell: {
      type: 'string',
      value: 'NAME',
      help: `${Object.keys(SHELLS).join(', ')}. Default: sh; powershell on Windows.`,
    },
  },
  help: 'Use it as: eval "$(trainyard env)". The token in it is good for one workspace.',
  async run({ options, out, client, workspace }) {
    const shell = options.text('shell') ?? (process.platform === 'win32' ? 'powershell' : 'sh');
    const line = SHELLS[shell];
    if (line === undefined) throw new UsageError(`--shell is one of ${Object.keys(SHELLS).join(', ')}.`);
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
