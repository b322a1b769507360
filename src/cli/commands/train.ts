import path from 'node:path';
import { submitterVariables } from '../../client/trackerEnvironment.ts';
import { type Command, EXIT } from '../command.ts';
import { followRun } from '../followRun.ts';
import { chooseConfiguration } from '../trainingConfiguration.ts';

export const train: Command = {
  name: 'train',
  summary: 'Train: submit a run of a folder.',
  usage: '[FOLDER | SCRIPT] [OPTION...] [-- ARGUMENT...]',
  positionals: [0, Number.POSITIVE_INFINITY],
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'NAME',
      help: 'Run configuration .trainyard/NAME.json of the folder.',
    },
    follow: { type: 'boolean', short: 'f', help: 'Show the log until the run ends, and end with its exit code.' },
    script: { type: 'string', value: 'FILE', help: 'Script to run, relative to the folder.' },
    experiment: { type: 'string', short: 'e', value: 'NAME', help: 'Experiment. Default: the folder’s name.' },
    name: { type: 'string', value: 'NAME', help: 'Name of the run.' },
    interpreter: { type: 'string', value: 'PROGRAM', help: 'Program that runs the script: python3, Rscript, a path.' },
    requirements: { type: 'string', value: 'FILE', help: 'Requirements file; an environment is built from it once.' },
    env: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'Variable of the run; may be repeated.' },
    input: { type: 'string', multiple: true, value: 'PATH', help: 'Data the script reads, recorded with its hash.' },
    output: { type: 'string', multiple: true, value: 'PATTERN', help: 'Files to collect. Default: every new one.' },
    tag: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'Tag of the run; may be repeated.' },
    target: { type: 'string', value: 'NAME', help: 'Compute target. Default: this machine.' },
    'in-place': { type: 'boolean', help: 'Run in the folder itself, not in a copy of it.' },
    parent: { type: 'string', value: 'ID', help: 'Run that this one is a child of.' },
  },
  help: `Without --config and --script, the folder's only run configuration is used. What stands after -- is handed to the
script and replaces the arguments of the configuration. The run goes to the workspace that the folder belongs to (\`trainyard
workspaces use\`), unless --workspace says another.`,
  async run({ positionals, options, out, env, client, workspace, signal }) {
    const { folder, name, configuration } = chooseConfiguration(positionals, options);
    const connected = await client();
    const id = await workspace(folder);
    const parent = options.text('parent');
    const run = await connected.call('runs.submit', {
      params: { workspace: id },
      body: {
        folder: path.resolve(folder),
        configuration,
        ...(name === undefined ? {} : { configurationName: name }),
        ...(parent === undefined ? {} : { parent }),
        variables: submitterVariables(env),
        requestId: crypto.randomUUID(),
      },
    });
    if (!options.flag('follow')) {
      out.result(run, () => `${run.name}  ${run.id}\nFollow it with: trainyard logs ${run.id} -f`);
      return EXIT.ok;
    }
    if (!out.isJson) out.note(`${run.name}  ${run.id}`);
    return followRun({ client: connected, workspace: id, run: run.id, out, signal, fromStart: true });
  },
};
