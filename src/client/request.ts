import type { Routes } from '../shared/api/routes.ts';
import { type RouteName, routes } from '../shared/api/routes.ts';

export interface PlainRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly body: string | undefined;
}

interface AnyRequest {
  readonly params?: Record<string, unknown> | undefined;
  readonly query?: Record<string, unknown> | undefined;
  readonly body?: unknown;
}

/** Builds the request of a route as plain data: fills the path, encodes the query, serialises the body. */
export function describeRequest(name: RouteName, input: object): PlainRequest {
  const request: AnyRequest = input;
  const route: Routes[RouteName] = routes[name];
  const path = route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(request.params?.[key])));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.append(key, String(value));
  }
  const search = query.toString();
  return {
    method: route.method,
    path: search ? `${path}?${search}` : path,
    body: route.body === undefined ? undefined : JSON.stringify(request.body ?? {}),
  };
}
