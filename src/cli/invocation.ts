import path from 'node:path';
import { connect } from '../client/connect.ts';
import type { TrackerClient } from '../client/trackerClient.ts';
import { defaultHome } from '../tracker/lifecycle/home.ts';
import { type Invocation, Options, type OptionValues } from './command.ts';
import { Output } from './output.ts';
import { resolveWorkspace } from './resolve.ts';

/** What a command works with. `dispose` takes the handler of Ctrl-C away again. */
export function createInvocation(
  values: OptionValues,
  positionals: readonly string[],
): Invocation & { dispose(): void } {
  const options = new Options(values);
  const out = new Output(options.flag('json'));
  const home = path.resolve(options.text('home') ?? defaultHome());
  const abort = new AbortController();
  let interrupts = 0;
  const interrupt = () => {
    abort.abort();
    // A second Ctrl-C means now.
    if (++interrupts > 1) process.exit(130);
  };
  process.on('SIGINT', interrupt);
  let connecting: Promise<TrackerClient> | undefined;
  const client = () => {
    connecting ??= connect({ home }).then(({ client, notice }) => {
      if (notice !== undefined) out.note(notice);
      return client;
    });
    return connecting;
  };
  return {
    positionals,
    options,
    out,
    home,
    env: process.env,
    signal: abort.signal,
    client,
    workspace: async (folder = process.cwd()) => {
      const asked = options.text('workspace') ?? process.env.TRAINYARD_WORKSPACE;
      const connected = await client();
      if (asked !== undefined && asked !== '') return resolveWorkspace(connected, asked);
      const found = await connected.call('folders.workspace', { body: { folders: [path.resolve(folder)] } });
      return found.workspace;
    },
    dispose: () => process.off('SIGINT', interrupt),
  };
}
