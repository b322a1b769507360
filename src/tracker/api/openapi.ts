import type { TObject, TSchema } from 'typebox';
import { ApiErrorBody } from '../../shared/api/error.ts';
import { TrackerEvent } from '../../shared/api/events.ts';
import type { RouteDefinition } from '../../shared/api/route.ts';
import { routes } from '../../shared/api/routes.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 of the whole API, made from the route table: schemas are JSON Schema already. */
export function describeApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Trainyard tracker',
      version,
      description: 'Local API of the tracker. Loopback only; every request carries a token.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: plain(ApiErrorBody), Event: plain(TrackerEvent) },
    },
  };
}

function operation(name: string, route: RouteDefinition): Json {
  const { body } = route;
  return {
    operationId: name,
    summary: route.summary,
    tags: [name.split('.')[0]],
    'x-token': route.scope,
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(body === undefined ? {} : { requestBody: { required: true, content: content('application/json', body) } }),
    responses: {
      200: { description: 'Done.', content: reply(route.reply) },
      default: {
        description: 'What happened, why, and what to do.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function parameters(schema: TObject, place: 'path' | 'query'): Json[] {
  const required = new Set<string>(schema.required ?? []);
  return Object.entries(schema.properties as Record<string, TSchema>).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: plain(property),
  }));
}

function reply(schema: RouteDefinition['reply']): Json {
  if (schema === 'bytes') return { 'application/octet-stream': {} };
  if (schema === 'events') return { 'text/event-stream': { schema: { $ref: '#/components/schemas/Event' } } };
  return content('application/json', schema);
}

function content(type: string, schema: TSchema): Json {
  return { [type]: { schema: plain(schema) } };
}

/** Without the library's own marks, which do not survive JSON. */
function plain(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema)) as unknown;
}
