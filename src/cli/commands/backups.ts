import { formatBytes, formatDateTime } from '../../shared/format.ts';
import { type Command, EXIT } from '../command.ts';
import { table } from '../output.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'Back up a workspace’s database now, or list its backups.',
  options: { list: { type: 'boolean', short: 'l', help: 'Make none; list those there are.' } },
  help: 'Backups are also made by themselves, daily and before an upgrade. Files of runs and models are not part of them.',
  async run({ options, out, client, workspace }) {
    const connected = await client();
    const params = { workspace: await workspace() };
    if (!options.flag('list')) {
      const made = await connected.call('workspaces.backup', { params });
      out.result(made, () => `${made.name}  ${formatBytes(made.bytes)}`);
      return EXIT.ok;
    }
    const reply = await connected.call('workspaces.backups', { params });
    out.result(reply, () =>
      table(
        reply.backups,
        [
          { title: 'BACKUP', of: (row) => row.name },
          { title: 'MADE', of: (row) => formatDateTime(row.createdAt) },
          { title: 'WHY', of: (row) => row.reason },
          { title: 'SIZE', right: true, of: (row) => formatBytes(row.bytes) },
        ],
        'No backups yet.',
      ),
    );
    return EXIT.ok;
  },
};

export const restore: Command = {
  name: 'restore',
  summary: 'Put a backup in the place of a workspace’s database, which is set aside.',
  usage: '[BACKUP]',
  positionals: [0, 1],
  help: 'Without BACKUP, the newest one. List them with `trainyard backup --list`.',
  async run({ positionals, out, client, workspace }) {
    const [name] = positionals;
    const reply = await (await client()).call('workspaces.restore', {
      params: { workspace: await workspace() },
      body: name === undefined ? {} : { backup: name },
    });
    const aside = reply.setAside === undefined ? '' : `\nWhat was there before is kept as ${reply.setAside}.`;
    out.result(reply, () => `Restored ${reply.restored.name} of ${formatDateTime(reply.restored.createdAt)}.${aside}`);
    return EXIT.ok;
  },
};
