import path from 'node:path';
import { formatCount } from '../../shared/format.ts';
import { type Command, EXIT } from '../command.ts';
import { stateText } from '../runText.ts';

export const importOffline: Command = {
  name: 'import-offline',
  summary: 'Make runs of what was logged without a tracker.',
  usage: '[FOLDER]',
  positionals: [0, 1],
  help: `A program that uses the logging helper and was not started by Trainyard keeps its run in .trainyard/offline of the
folder it runs in. FOLDER is one of those, or the training folder for all of them. Importing again adds what is new.`,
  async run({ positionals, out, client, workspace }) {
    const folder = path.resolve(positionals[0] ?? '.');
    const params = { workspace: await workspace(folder) };
    const reply = await (await client()).call('runs.importOffline', { params, body: { folder } });
    const known = reply.known === 0 ? '' : `, ${reply.known} of them known already`;
    out.result(reply, () =>
      [
        `Imported ${formatCount(reply.runs.length, 'run')}${known}.`,
        ...reply.runs.map((run) => `${run.id}  ${run.name}  ${stateText(run)}`),
      ].join('\n'),
    );
    return EXIT.ok;
  },
};
