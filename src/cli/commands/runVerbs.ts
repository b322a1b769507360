import { type Command, EXIT } from '../command.ts';
import { resolveRun } from '../resolve.ts';
import { stateText } from '../runText.ts';

export const cancel: Command = {
  name: 'cancel',
  summary: 'End a run: its whole process tree, politely first.',
  usage: 'ID',
  positionals: [1, 1],
  options: { grace: { type: 'string', value: 'SECONDS', help: 'How long it may take before it is killed.' } },
  async run({ positionals, options, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const run = await resolveRun(connected, id, positionals[0] ?? '');
    const grace = options.number('grace');
    const body = grace === undefined ? {} : { graceMs: Math.round(grace * 1000) };
    const summary = await connected.call('runs.cancel', { params: { workspace: id, run }, body });
    out.result(summary, () => `${summary.name}: ${stateText(summary)}`);
    return EXIT.ok;
  },
};

export const runRetry: Command = {
  name: 'run retry',
  summary: 'Submit a run again.',
  usage: 'ID',
  positionals: [1, 1],
  options: { 'from-folder': { type: 'boolean', help: 'From the folder as it is now, not from the run’s snapshot.' } },
  async run({ positionals, options, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const run = await resolveRun(connected, id, positionals[0] ?? '');
    const from = options.flag('from-folder') ? 'folder' : 'snapshot';
    const summary = await connected.call('runs.retry', { params: { workspace: id, run }, body: { from } });
    out.result(summary, () => `${summary.name}  ${summary.id}`);
    return EXIT.ok;
  },
};

export const runDelete: Command = {
  name: 'run delete',
  summary: 'Delete a run and its children; they can be restored.',
  usage: 'ID',
  positionals: [1, 1],
  async run({ positionals, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const run = await resolveRun(connected, id, positionals[0] ?? '');
    await connected.call('runs.delete', { params: { workspace: id, run } });
    out.result({ deleted: run }, () => `Deleted ${run}. Undo: trainyard run restore ${run}`);
    return EXIT.ok;
  },
};

export const runRestore: Command = {
  name: 'run restore',
  summary: 'Undo the deletion of a run, given by its full id.',
  usage: 'ID',
  positionals: [1, 1],
  async run({ positionals, out, client, workspace }) {
    const connected = await client();
    const params = { workspace: await workspace(), run: positionals[0] ?? '' };
    const summary = await connected.call('runs.restore', { params });
    out.result(summary, () => `${summary.name}  ${summary.id}`);
    return EXIT.ok;
  },
};
