import type { CallOptions, TrackerClient } from '../../client/trackerClient.ts';
import type { TrackerEvent } from '../../shared/api/events.ts';
import { Problem } from '../../shared/api/problem.ts';
import type { BytesRoute, JsonRoute, ReplyFor, RequestOf } from '../../shared/api/routes.ts';
import { type Disposable, Emitter } from './event.ts';

/** Finds the tracker of this home, or starts one. */
export type Connect = (signal: AbortSignal) => Promise<TrackerClient>;

export type ConnectionState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'broken'; readonly problem: Problem };

const firstDelayMs = 100;
const longestDelayMs = 10_000;

/**
 * One window's connection to the tracker: made at the first need, kept by following the event stream, and made again
 * (with a tracker started again, if it died) for as long as the window lives. Whoever shows something listens to
 * `onEvent` and reads afresh at `hello`, which comes with every new connection.
 */
export class TrackerSession implements Disposable {
  readonly #connect: Connect;
  readonly #closing = new AbortController();
  readonly #states = new Emitter<ConnectionState>();
  readonly #events = new Emitter<TrackerEvent>();
  readonly #log: (message: string) => void;
  #state: ConnectionState = { kind: 'idle' };
  #connection: Promise<TrackerClient> | undefined;
  #wake: (() => void) | undefined;
  #following: Promise<void> | undefined;

  constructor(connect: Connect, log: (message: string) => void = () => undefined) {
    this.#connect = connect;
    this.#log = log;
  }

  /**
   * What `default` means in a call of this window: the workspace that its folder belongs to. Set by whoever knows the
   * folders; a Problem of it fails the calls, so that nothing goes to a workspace that was not meant.
   */
  defaultWorkspace: (() => Promise<string>) | undefined;

  readonly onState = this.#states.event;
  readonly onEvent = this.#events.event;

  get state(): ConnectionState {
    return this.#state;
  }

  /** Begins to connect and to follow; harmless when it already does. Waits for nothing. */
  start(): void {
    this.#following ??= this.#follow();
  }

  /** @throws Problem with the tracker's own words, or why no tracker could be reached or started. */
  async call<K extends JsonRoute>(name: K, request: RequestOf<K>, options?: CallOptions): Promise<ReplyFor<K>> {
    const meant = await this.#meant(request);
    return this.#retrying((client) => client.call(name, meant, options), options);
  }

  async bytes<K extends BytesRoute>(name: K, request: RequestOf<K>, options?: CallOptions): Promise<Response> {
    const meant = await this.#meant(request);
    return this.#retrying((client) => client.bytes(name, meant, options), options);
  }

  /** Ends the connection and makes a new one now, such as after the tracker was asked to leave. */
  reconnect(): void {
    this.#connection = undefined;
    this.#wake?.();
    this.start();
  }

  dispose(): void {
    this.#closing.abort();
    this.#wake?.();
    this.#states.dispose();
    this.#events.dispose();
  }

  async #meant<T extends { params?: unknown }>(request: T): Promise<T> {
    const params = request.params as { workspace?: string } | undefined;
    if (params?.workspace !== 'default' || !this.defaultWorkspace) return request;
    return { ...request, params: { ...params, workspace: await this.defaultWorkspace() } };
  }

  /**
   * A tracker that was replaced or died between two calls is no reason to fail the second: nobody answered, so nothing
   * was done, or it is safe to do again (creating requests carry an id of their own).
   */
  async #retrying<T>(work: (client: TrackerClient) => Promise<T>, options: CallOptions | undefined): Promise<T> {
    this.start();
    try {
      return await work(await this.#client());
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unreachable' || options?.signal?.aborted) throw error;
      this.#connection = undefined;
      return work(await this.#client());
    }
  }

  #client(): Promise<TrackerClient> {
    if (this.#connection) return this.#connection;
    if (this.#state.kind !== 'connected') this.#setState({ kind: 'connecting' });
    const connection = this.#connect(this.#closing.signal);
    this.#connection = connection;
    connection.catch(() => {
      if (this.#connection === connection) this.#connection = undefined;
    });
    return connection;
  }

  async #follow(): Promise<void> {
    let delay = firstDelayMs;
    while (!this.#closing.signal.aborted) {
      try {
        const client = await this.#client();
        await client.events((event) => {
          delay = firstDelayMs;
          this.#receive(event);
        }, this.#closing.signal);
        this.#lost(new Problem('unreachable', 'The tracker closed the connection.'));
      } catch (error) {
        this.#lost(error instanceof Problem ? error : new Problem('unreachable', String(error), { cause: error }));
      }
      await this.#sleep(delay);
      delay = Math.min(delay * 2, longestDelayMs);
    }
  }

  #receive(event: TrackerEvent): void {
    if (event.type === 'hello') this.#setState({ kind: 'connected' });
    try {
      this.#events.fire(event);
    } catch (error) {
      this.#log(`A listener failed at ${event.type}: ${error instanceof Error ? error.stack : error}`);
    }
  }

  #lost(problem: Problem): void {
    this.#connection = undefined;
    if (this.#closing.signal.aborted) return;
    this.#log(`${problem.message} ${problem.hint ?? ''}`.trim());
    this.#setState({ kind: 'broken', problem });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#states.fire(state);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
