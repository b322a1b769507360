import type { ApiErrorBody } from '../shared/api/error.ts';
import type { TrackerEvent } from '../shared/api/events.ts';
import { Problem } from '../shared/api/problem.ts';
import type { BytesRoute, JsonRoute, ReplyFor, RequestOf, RouteName } from '../shared/api/routes.ts';
import { describeRequest } from './request.ts';
import { readEvents } from './serverSentEvents.ts';

/** Where a tracker listens, and the token that it accepts. Never printed, never logged. */
export interface Endpoint {
  readonly address: string;
  readonly token: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Value of a `Range` header, for routes that answer with bytes. */
  readonly range?: string;
}

/**
 * The typed client of the tracker: one method for JSON, one for bytes, one for events; names, parameters and replies
 * come from the route table. It keeps no state but the endpoint, which a reconnect may replace.
 */
export class TrackerClient {
  #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  get address(): string {
    return this.#endpoint.address;
  }

  set endpoint(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** @throws Problem with the tracker's own words, or `unreachable` when nobody answers. */
  async call<K extends JsonRoute>(name: K, request: RequestOf<K>, options: CallOptions = {}): Promise<ReplyFor<K>> {
    const response = await this.#send(name, request, options);
    return (await response.json()) as ReplyFor<K>;
  }

  /** Answers with the response, its body unread. */
  async bytes<K extends BytesRoute>(name: K, request: RequestOf<K>, options: CallOptions = {}): Promise<Response> {
    return this.#send(name, request, options);
  }

  /**
   * Follows the event stream until `signal` aborts or the connection ends (then it rejects or returns; the caller
   * reconnects). The first event is `hello`.
   */
  async events(listener: (event: TrackerEvent) => void, signal: AbortSignal): Promise<void> {
    const response = await this.#send('tracker.events', {}, { signal });
    if (!response.body) return;
    await readEvents(response.body, (data) => listener(JSON.parse(data) as TrackerEvent));
  }

  async #send<K extends RouteName>(name: K, request: RequestOf<K>, options: CallOptions): Promise<Response> {
    const { method, path, body } = describeRequest(name, request);
    const headers: Record<string, string> = { authorization: `Bearer ${this.#endpoint.token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (options.range) headers.range = options.range;
    let response: Response;
    try {
      response = await fetch(this.#endpoint.address + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw new Problem('unreachable', 'The tracker does not answer.', {
        hint: 'It is started again by the next command; `trainyard doctor` says more.',
        cause,
      });
    }
    if (!response.ok) throw await toProblem(response);
    return response;
  }
}

async function toProblem(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as ApiErrorBody;
    return new Problem(error.code, error.message, { hint: error.hint, details: error.details });
  } catch (cause) {
    return new Problem('internal', `The tracker answered ${response.status}: ${text.slice(0, 200)}`, { cause });
  }
}
