import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackerClient } from '../../client/trackerClient.ts';
import { Problem } from '../../shared/api/error.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import { table } from '../output.ts';
import { splitModel } from '../resolve.ts';

export const deploy: Command = {
  name: 'deploy',
  summary: 'Deploy a model as an HTTP service, in Docker where there is an engine.',
  usage: 'MODEL[:VERSION]',
  positionals: [1, 1],
  options: {
    name: { type: 'string', value: 'NAME', help: 'Name of the service. Default: made from the model’s.' },
    kind: { type: 'string', value: 'KIND', help: 'docker or process. Default: docker where an engine answers.' },
    port: { type: 'string', value: 'PORT', help: 'Port on 127.0.0.1. Default: a free one, which is then kept.' },
    'base-image': { type: 'string', value: 'IMAGE', help: 'Image to build on; it must have Node.' },
    cpus: { type: 'string', value: 'N', help: 'Limit of processor cores.' },
    memory: { type: 'string', value: 'BYTES', help: 'Limit of memory, in bytes.' },
    restart: { type: 'string', value: 'POLICY', help: 'no, on-failure or unless-stopped.' },
    'no-wait': { type: 'boolean', help: 'Do not wait until it is healthy.' },
  },
  async run({ positionals, options, out, client, workspace, signal }) {
    const connected = await client();
    const id = await workspace();
    const { model, version } = splitModel(positionals[0] ?? '');
    const given = {
      name: options.text('name'),
      kind: oneOf(options.text('kind'), 'kind', ['docker', 'process'] as const),
      baseImage: options.text('base-image'),
      port: options.integer('port', 1),
      cpus: options.number('cpus'),
      memory: options.integer('memory', 1),
      restart: oneOf(options.text('restart'), 'restart', ['no', 'on-failure', 'unless-stopped'] as const),
    };
    const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const created = await connected.call('deployments.create', {
      params: { workspace: id },
      body: { model, version, ...body },
    });
    if (options.flag('no-wait')) {
      out.result(created.deployment, () => `${created.deployment.name}: ${created.deployment.state}`);
      return EXIT.ok;
    }
    const done = await awaitDeployment(connected, id, created.deployment.id, signal, (line) => out.note(line));
    out.result(done, () => `${done.name}  ${done.url ?? ''}`);
    return done.state === 'healthy' ? EXIT.ok : EXIT.failed;
  },
};

/** Waits until a deployment has come to rest, telling each step once. */
async function awaitDeployment(
  client: TrackerClient,
  workspace: string,
  deployment: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Deployment> {
  let said = '';
  let why: string | undefined;
  for (;;) {
    const now = await client.call('deployments.get', { params: { workspace, deployment } });
    const line = `${now.state}${now.message === undefined || now.message === why ? '' : `: ${now.message}`}`;
    if (now.state !== said || now.message !== why) say(line);
    said = now.state;
    why = now.message;
    if (now.state !== 'building' && now.state !== 'starting') return now;
    await sleep(250, undefined, { signal });
  }
}

export const deployments: Command = {
  name: 'deployments',
  summary: 'List deployments, or start, stop, delete one, or print its log.',
  usage: '[start | stop | delete | log NAME]',
  positionals: [0, 2],
  async run({ positionals, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const reply = await connected.call('deployments.list', { params: { workspace: id } });
    const [verb, asked] = positionals;
    if (verb === undefined) {
      out.result(reply, () => list(reply.deployments));
      return EXIT.ok;
    }
    const action = oneOf(verb, undefined, ['start', 'stop', 'delete', 'log'] as const);
    const found = reply.deployments.find(({ id, name }) => id === asked || name === asked);
    if (!found)
      throw new Problem('not-found', `No deployment ${asked ?? ''}.`, {
        hint: 'List them with `trainyard deployments`.',
      });
    const params = { workspace: id, deployment: found.id };
    if (action === 'log') {
      const response = await connected.bytes('deployments.log', { params });
      for await (const chunk of response.body ?? []) await out.bytes(chunk);
    } else if (action === 'delete') {
      await connected.call('deployments.delete', { params });
      out.result({ deleted: found.id }, () => `Deleted ${found.name}.`);
    } else {
      const now = await connected.call(action === 'start' ? 'deployments.start' : 'deployments.stop', { params });
      out.result(now, () => `${now.name}: ${now.state}`);
    }
    return EXIT.ok;
  },
};

/** Of a healthy one the message only says why it is a process and not a container. */
function stateOf({ state, message }: Deployment): string {
  return message === undefined || state === 'healthy' ? state : `${state} · ${message}`;
}

function list(rows: readonly Deployment[]): string {
  return table(
    rows,
    [
      { title: 'NAME', of: (row) => row.name },
      { title: 'MODEL', of: (row) => `${row.model}:${row.version}` },
      { title: 'KIND', of: (row) => row.kind },
      { title: 'STATE', of: stateOf },
      { title: 'ADDRESS', of: (row) => row.url ?? '' },
    ],
    'No deployments yet. Make one with `trainyard deploy MODEL`.',
  );
}

function oneOf<T extends string>(text: string, option: undefined, values: readonly T[]): T;
function oneOf<T extends string>(text: string | undefined, option: string, values: readonly T[]): T | undefined;
function oneOf<T extends string>(
  text: string | undefined,
  option: string | undefined,
  values: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option === undefined ? text : `--${option}`} must be one of ${values.join(', ')}.`);
}
