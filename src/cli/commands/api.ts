import { Readable } from 'node:stream';
import type { TrackerClient } from '../../client/trackerClient.ts';
import type { BytesRoute, JsonRoute, RouteName } from '../../shared/api/routes.ts';
import { routes } from '../../shared/api/routes.ts';
import { nearestWord } from '../../shared/nearestWord.ts';
import { type Command, EXIT, type Options, UsageError } from '../command.ts';
import { fields } from '../output.ts';
import { readJson } from './models.ts';

export const openapi: Command = {
  name: 'openapi',
  summary: 'Print the OpenAPI description of the tracker.',
  async run({ out, client }) {
    const description = await (await client()).call('tracker.openapi', {});
    out.result(description, () => JSON.stringify(description, null, 2));
    return EXIT.ok;
  },
};

export const api: Command = {
  name: 'api',
  summary: 'Call any route of the tracker by its name; without one, list them.',
  usage: '[ROUTE] [NAME=VALUE...]',
  positionals: [0, Number.POSITIVE_INFINITY],
  options: { body: { type: 'string', short: 'b', value: 'JSON', help: 'Body: JSON, @FILE, or @- for stdin.' } },
  help: 'NAME=VALUE fills the path and the query; `workspace` is filled from --workspace. Example: trainyard api runs.list limit=5',
  async run({ positionals, options, out, client, workspace, signal }) {
    const [name, ...pairs] = positionals;
    if (name === undefined) {
      out.result(Object.keys(routes), () =>
        fields(Object.entries(routes).map(([key, route]) => [key, `${route.method} ${route.path}  ${route.summary}`])),
      );
      return EXIT.ok;
    }
    const route = findRoute(name);
    const given = Object.fromEntries(pairs.map(pair));
    const definition = routes[route];
    const keys = Object.keys(definition.params.properties);
    const params: Record<string, string> = {};
    for (const key of keys) params[key] = given[key] ?? (key === 'workspace' ? await workspace() : missing(key));
    const query = Object.fromEntries(Object.entries(given).filter(([key]) => !keys.includes(key)));
    const request = { params, query, body: bodyOf(options) };
    const connected = await client();
    if (definition.reply === 'events') {
      await connected.events((event) => process.stdout.write(`${JSON.stringify(event)}\n`), signal);
    } else if (definition.reply === 'bytes') {
      const response = await callBytes(connected, route as BytesRoute, request);
      if (response.body)
        for await (const chunk of Readable.fromWeb(response.body)) await out.bytes(chunk as Uint8Array);
    } else {
      const reply = await callJson(connected, route as JsonRoute, request);
      out.result(reply, () => JSON.stringify(reply, null, 2));
    }
    return EXIT.ok;
  },
};

/** The tracker validates what was typed; here the types of one certain route cannot be known. */
type Untyped = { params: Record<string, string>; query: Record<string, string>; body: unknown };

function callJson(client: TrackerClient, route: JsonRoute, request: Untyped): Promise<unknown> {
  return client.call(route, request as never);
}

function callBytes(client: TrackerClient, route: BytesRoute, request: Untyped): Promise<Response> {
  return client.bytes(route, request as never);
}

function findRoute(name: string): RouteName {
  if (Object.hasOwn(routes, name)) return name as RouteName;
  const nearest = nearestWord(name, Object.keys(routes));
  throw new UsageError(
    `There is no route ${name}.${nearest === undefined ? ' `trainyard api` lists them.' : ` Did you mean ${nearest}?`}`,
  );
}

function pair(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError(`Parameters are NAME=VALUE, not ${text}.`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function missing(key: string): never {
  throw new UsageError(`The route needs ${key}=VALUE.`);
}

function bodyOf(options: Options): unknown {
  const text = options.text('body');
  if (text === undefined) return {};
  if (text.startsWith('@')) return readJson(text.slice(1));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`--body is not JSON: ${(error as Error).message}`);
  }
}
