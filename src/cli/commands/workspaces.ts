import path from 'node:path';
import { formatBytes, formatCount, formatDateTime } from '../../shared/format.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import { table } from '../output.ts';
import { resolveRun, resolveWorkspace } from '../resolve.ts';

export const workspaces: Command = {
  name: 'workspaces',
  summary: 'List workspaces.',
  async run({ out, client }) {
    const reply = await (await client()).call('workspaces.list', {});
    out.result(reply, () =>
      table(
        reply.workspaces,
        [
          { title: '', of: (row) => (row.isDefault ? '*' : '') },
          { title: 'ID', of: (row) => row.id },
          { title: 'NAME', of: (row) => row.name },
          { title: 'CREATED', of: (row) => formatDateTime(row.createdAt) },
          {
            title: 'DIRECTORY',
            of: (row) => `${row.directory}${row.readOnly === undefined ? '' : ` (${row.readOnly})`}`,
          },
        ],
        'No workspaces.',
      ),
    );
    return EXIT.ok;
  },
};

export const workspaceCreate: Command = {
  name: 'workspaces create',
  summary: 'Create a workspace.',
  usage: 'NAME',
  positionals: [1, 1],
  async run({ positionals, out, client }) {
    const made = await (await client()).call('workspaces.create', { body: { name: positionals[0] ?? '' } });
    out.result(made, () => `${made.name}  ${made.id}`);
    return EXIT.ok;
  },
};

export const workspaceRename: Command = {
  name: 'workspaces rename',
  summary: 'Rename a workspace; its id stays.',
  usage: 'WORKSPACE NAME',
  positionals: [2, 2],
  async run({ positionals, out, client }) {
    const connected = await client();
    const [asked = '', name = ''] = positionals;
    const params = { workspace: await resolveWorkspace(connected, asked) };
    const made = await connected.call('workspaces.update', { params, body: { name } });
    out.result(made, () => `${made.name}  ${made.id}`);
    return EXIT.ok;
  },
};

export const workspaceDefault: Command = {
  name: 'workspaces default',
  summary: 'Make a workspace the default.',
  usage: 'WORKSPACE',
  positionals: [1, 1],
  async run({ positionals, out, client }) {
    const connected = await client();
    const params = { workspace: await resolveWorkspace(connected, positionals[0] ?? '') };
    const made = await connected.call('workspaces.update', { params, body: { isDefault: true } });
    out.result(made, () => `${made.name} is the default now.`);
    return EXIT.ok;
  },
};

export const workspaceUse: Command = {
  name: 'workspaces use',
  summary: 'Say which workspace a folder belongs to.',
  usage: '[WORKSPACE]',
  positionals: [0, 1],
  options: {
    folder: { type: 'string', value: 'DIR', help: 'The training folder. Default: the current one.' },
    none: { type: 'boolean', help: 'It names none any more, and so belongs to the default workspace.' },
  },
  help: `It is written into .trainyard/folder.json of the folder, and holds for the folders below it too. Runs that are there
already stay where they are: \`trainyard workspaces move\` moves them. Without a name it says which it is.`,
  async run({ positionals, options, out, client }) {
    const connected = await client();
    const folder = path.resolve(options.text('folder') ?? '.');
    const [asked] = positionals;
    if (asked !== undefined && options.flag('none')) throw new UsageError('Name a workspace, or --none; not both.');
    if (asked !== undefined || options.flag('none')) {
      const workspace = asked === undefined ? undefined : await resolveWorkspace(connected, asked);
      const body = { folder, ...(workspace === undefined ? {} : { workspace }) };
      await connected.call('folders.setWorkspace', { body });
    }
    const found = await connected.call('folders.workspace', { body: { folders: [folder] } });
    out.result(found, () => `${folder} belongs to ${found.name}, ${whySo(found.file)}.`);
    return EXIT.ok;
  },
};

function whySo(file: string | undefined): string {
  return file === undefined ? 'the default workspace' : `as ${file} says`;
}

export const workspaceDelete: Command = {
  name: 'workspaces delete',
  summary: 'Delete a workspace with everything in it, for good.',
  usage: 'WORKSPACE',
  positionals: [1, 1],
  options: { confirm: { type: 'string', value: 'NAME', help: 'The name of the workspace, to show that it is meant.' } },
  async run({ positionals, options, out, client }) {
    const connected = await client();
    const params = { workspace: await resolveWorkspace(connected, positionals[0] ?? '') };
    const confirm = options.text('confirm');
    if (confirm === undefined) {
      const held = await connected.call('workspaces.contents', { params });
      const what = [
        formatCount(held.experiments, 'experiment'),
        formatCount(held.runs, 'run'),
        formatCount(held.models, 'model'),
        formatCount(held.deployments, 'deployment'),
      ];
      throw new UsageError(
        `It holds ${what.join(', ')} (${formatBytes(held.bytes)}). To delete all of it, add --confirm and its name.`,
      );
    }
    await connected.call('workspaces.delete', { params, query: { confirm } });
    out.result({ deleted: params.workspace }, () => `Deleted ${confirm}.`);
    return EXIT.ok;
  },
};

export const workspaceMove: Command = {
  name: 'workspaces move',
  summary: 'Move runs, or all runs of a folder, to another workspace.',
  usage: 'TO [RUN...]',
  positionals: [1, Number.POSITIVE_INFINITY],
  options: { folder: { type: 'string', value: 'DIR', help: 'All runs of this training folder.' } },
  async run({ positionals, options, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const [asked = '', ...ids] = positionals;
    const folder = options.text('folder');
    if (folder === undefined && ids.length === 0) throw new UsageError('Name runs, or a folder with --folder.');
    const to = await resolveWorkspace(connected, asked);
    const runs: string[] = [];
    for (const one of ids) runs.push(await resolveRun(connected, id, one));
    const body = { to, ...(runs.length > 0 ? { runs } : {}), ...(folder === undefined ? {} : { folder }) };
    const reply = await connected.call('workspaces.moveRuns', { params: { workspace: id }, body });
    out.result(reply, () =>
      [
        `Moved ${formatCount(reply.moved, 'run')}.`,
        ...reply.refused.map(({ run, reason }) => `${run}: ${reason}`),
      ].join('\n'),
    );
    return reply.refused.length > 0 ? EXIT.refused : EXIT.ok;
  },
};
