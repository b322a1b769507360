import type { ApiErrorBody } from '../../shared/api/error.ts';
import type { TrackerEvent } from '../../shared/api/events.ts';
import { Problem } from '../../shared/api/problem.ts';
import { formatBytes } from '../../shared/format.ts';
import type { FromPage, PageAction, PageBytes, PageState, ToPage } from '../../shared/panel/protocol.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { TrackerSession } from '../session/trackerSession.ts';
import { readMessage } from './messages.ts';

export interface PageHostOptions {
  readonly session: TrackerSession;
  readonly state: PageState;
  post(message: ToPage): void;
  /** Does what touches the editor; its value is the reply. */
  act(action: PageAction, state: PageState): Promise<unknown>;
  /** The page shows something else now; a reload has to bring it back. */
  changed(state: PageState): void;
}

/**
 * The extension's end of one page: answers each request exactly once, passes on the events that concern what the page
 * shows, and says when the connection to the tracker breaks or is back. Events are held until the page is ready and
 * while it is hidden, when a webview without retained context has no document.
 */
export class PageHost implements Disposable {
  readonly #options: PageHostOptions;
  readonly #owner = new Owner();
  readonly #closing = new AbortController();
  #state: PageState;
  #ready = false;

  constructor(options: PageHostOptions) {
    this.#options = options;
    this.#state = options.state;
    const { session } = options;
    this.#owner.own(
      session.onEvent((event) => {
        if (this.#ready && concerns(event, this.#state)) options.post({ type: 'event', event });
      }),
    );
    this.#owner.own(
      session.onState(({ kind }) => {
        if (kind === 'connected' || kind === 'broken') {
          if (this.#ready) options.post({ type: 'connection', connected: kind === 'connected' });
        }
      }),
    );
  }

  get state(): PageState {
    return this.#state;
  }

  /** Shows something else in the same page. */
  show(state: PageState): void {
    this.#state = state;
    if (this.#ready) this.#options.post({ type: 'show', state });
  }

  async receive(value: unknown): Promise<void> {
    const message = readMessage(value);
    if (!message) return;
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#options.post({ type: 'show', state: this.#state });
        this.#options.post({ type: 'connection', connected: this.#options.session.state.kind !== 'broken' });
        break;
      case 'state':
        this.#state = message.state;
        this.#options.changed(message.state);
        break;
      default:
        await this.#answer(message);
    }
  }

  dispose(): void {
    this.#closing.abort();
    this.#owner.dispose();
  }

  async #answer(message: Exclude<FromPage, { type: 'ready' | 'state' }>): Promise<void> {
    const { id } = message;
    try {
      this.#post({ type: 'reply', id, ok: true, value: await this.#value(message) });
    } catch (error) {
      this.#post({ type: 'reply', id, ok: false, error: errorBody(error) });
    }
  }

  #post(message: ToPage): void {
    if (!this.#closing.signal.aborted) this.#options.post(message);
  }

  async #value(message: Exclude<FromPage, { type: 'ready' | 'state' }>): Promise<unknown> {
    const { session } = this.#options;
    const { signal } = this.#closing;
    switch (message.type) {
      case 'call':
        // The route's name was checked; its request is checked by the tracker, which trusts nobody.
        return session.call(message.route, message.request as never, { signal });
      case 'bytes': {
        const range = message.range === undefined ? {} : { range: message.range };
        return pageBytes(await session.bytes(message.route, message.request as never, { signal, ...range }));
      }
      case 'act':
        return this.#options.act(message.action, this.#state);
    }
  }
}

/** A page shows pieces. Whatever asks for more would fill the memory of the extension host, which all extensions share. */
const mostBytes = 64_000_000;

/** @throws Problem `too-large`; the rest is not read then */
async function bytesUpTo(most: number, response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > most) {
      throw new Problem('too-large', `This has more than ${formatBytes(most)}, which is too much for a page.`, {
        hint: 'Save it to a file, and open that.',
      });
    }
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces, length));
}

/** Where a body begins and how large the whole is: logs say so in headers of their own, files by `Content-Range`. */
export async function pageBytes(response: Response, most = mostBytes): Promise<PageBytes> {
  const body = await bytesUpTo(most, response);
  const range = /bytes (\d+)-\d*\/(\d+)/.exec(response.headers.get('content-range') ?? '');
  const number = (text: string | null | undefined) => (text === null || text === undefined ? undefined : Number(text));
  return {
    body,
    contentType: response.headers.get('content-type') ?? 'application/octet-stream',
    size: number(response.headers.get('x-log-size')) ?? number(range?.[2]) ?? body.length,
    offset: number(response.headers.get('x-log-offset')) ?? number(range?.[1]) ?? 0,
  };
}

/** Whether an event can change what the page shows. Run pages see all runs, since children and compared ones matter. */
export function concerns(event: TrackerEvent, state: PageState): boolean {
  switch (event.type) {
    case 'metrics':
    case 'log':
    case 'outputs':
    case 'media':
      return state.page === 'run' && (event.run === state.run || (state.compare?.includes(event.run) ?? false));
    case 'run':
    case 'run-removed':
    case 'experiments':
      return state.page === 'run';
    case 'models':
      return state.page === 'model' || state.page === 'deployment';
    case 'deployment':
    case 'deployment-removed':
      return state.page !== 'run';
    case 'hello':
    case 'notice':
    case 'activity':
    case 'workspaces':
      return true;
  }
}

function errorBody(error: unknown): ApiErrorBody['error'] {
  if (error instanceof Problem) return error.toBody().error;
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
