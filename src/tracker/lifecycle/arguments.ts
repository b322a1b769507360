import { parseArgs } from 'node:util';
import { defaultHome } from './home.ts';

export interface TrackerArguments {
  readonly home: string;
  readonly port: number | undefined;
  /** Logs to stderr as well, and leaves on Ctrl-C only. */
  readonly foreground: boolean;
  /** Leaves after this many idle seconds; 0 never. */
  readonly idleSeconds: number;
}

export function parseTrackerArguments(argv: readonly string[], env: NodeJS.ProcessEnv): TrackerArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { home: { type: 'string' }, port: { type: 'string' }, foreground: { type: 'boolean' } },
  });
  const foreground = values.foreground ?? false;
  return {
    home: values.home ?? defaultHome(env),
    port: values.port === undefined ? undefined : Number(values.port),
    foreground,
    idleSeconds: Number(env.TRAINYARD_IDLE_SECONDS ?? (foreground ? 0 : 600)),
  };
}
