import { folderRoutes } from './folders.ts';
import { modelRoutes } from './models.ts';
import type { BodyOf, ParamsOf, QueryOf, ReplyOf, RouteDefinition } from './route.ts';
import { runRoutes } from './runs.ts';
import { trackerRoutes } from './tracker.ts';
import { workspaceRoutes } from './workspaces.ts';

/**
 * Every route of the tracker by its name, which is what handlers, the typed client, the command line and the OpenAPI
 * description share. A new route is declared in its file and appears in all of them; a missing handler does not compile.
 */
export const routes = {
  ...trackerRoutes,
  ...workspaceRoutes,
  ...runRoutes,
  ...folderRoutes,
  ...modelRoutes,
} satisfies Record<string, RouteDefinition>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

/** Names of routes with a JSON reply. */
export type JsonRoute = { [K in RouteName]: Routes[K]['reply'] extends string ? never : K }[RouteName];
/** Names of routes that answer with bytes. */
export type BytesRoute = { [K in RouteName]: Routes[K]['reply'] extends 'bytes' ? K : never }[RouteName];

type Optionalised<T, Key extends string> = [keyof T] extends [never]
  ? { [P in Key]?: T }
  : object extends T
    ? { [P in Key]?: T }
    : { [P in Key]: T };

/** What a caller of a route hands in: params, query and body, each only where the route has it. */
export type RequestOf<K extends RouteName> = Optionalised<ParamsOf<Routes[K]>, 'params'> &
  Optionalised<QueryOf<Routes[K]>, 'query'> &
  (BodyOf<Routes[K]> extends undefined ? { body?: undefined } : Optionalised<BodyOf<Routes[K]>, 'body'>);

export type ReplyFor<K extends RouteName> = ReplyOf<Routes[K]>;
