import type { TrackerEvent } from '../../src/shared/api/events.ts';
import type { ReplyFor, RequestOf } from '../../src/shared/api/routes.ts';
import type {
  FromPage,
  PageAction,
  PageBoot,
  PageBytes,
  PageBytesRoute,
  PageRoute,
  PageState,
  ToPage,
} from '../../src/shared/panel/protocol.ts';

interface EditorApi {
  postMessage(message: FromPage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

/** An error in the tracker's own words, with the way out. */
export class HostError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(error: { code: string; message: string; hint?: string; details?: string[] }) {
    super(error.message);
    this.code = error.code;
    this.hint = error.hint;
    this.details = error.details ?? [];
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: HostError): void;
}

/** What a page keeps over a reload beside its state: choices of view, such as smoothing or the order of charts. */
export interface Kept {
  state: PageState;
  view: Record<string, unknown>;
}

/**
 * The page's end of the protocol with the extension host. Every request is answered once; a page that goes away takes
 * its pending requests along, and the host drops replies that nobody waits for.
 */
class Host {
  readonly #api = acquireVsCodeApi();
  readonly #pending = new Map<number, Pending>();
  readonly #events = new Set<(event: TrackerEvent) => void>();
  readonly #connection = new Set<(connected: boolean) => void>();
  readonly #shows = new Set<(state: PageState) => void>();
  readonly #kept: Kept;
  #connected = true;
  #next = 1;

  constructor() {
    const kept = this.#api.getState() as Kept | undefined;
    const { state } = readBoot();
    // A page that was hidden comes back with the HTML of its first showing; what it kept since is newer.
    this.#kept = { state: isSame(kept?.state, state) ? kept.state : state, view: kept?.view ?? {} };
    window.addEventListener('message', (message) => this.#receive(message.data as ToPage));
  }

  /** Tells the host that the page listens. */
  ready(): void {
    this.#save();
    this.#api.postMessage({ type: 'ready' });
  }

  /** False while the host has no tracker. */
  get connected(): boolean {
    return this.#connected;
  }

  get state(): PageState {
    return this.#kept.state;
  }

  setState(state: PageState): void {
    this.#kept.state = state;
    this.#save();
    this.#api.postMessage({ type: 'state', state });
  }

  /** A choice of view that survives a reload. */
  view<T>(key: string, fallback: T): T {
    return (this.#kept.view[key] as T | undefined) ?? fallback;
  }

  setView(key: string, value: unknown): void {
    this.#kept.view[key] = value;
    this.#save();
  }

  call<K extends PageRoute>(route: K, request: RequestOf<K>): Promise<ReplyFor<K>> {
    return this.#request((id) => ({ type: 'call', id, route, request })) as Promise<ReplyFor<K>>;
  }

  bytes<K extends PageBytesRoute>(route: K, request: RequestOf<K>, range?: string): Promise<PageBytes> {
    const message = (id: number): FromPage => ({ type: 'bytes', id, route, request, ...(range ? { range } : {}) });
    return this.#request(message) as Promise<PageBytes>;
  }

  act(action: PageAction): Promise<unknown> {
    return this.#request((id) => ({ type: 'act', id, action }));
  }

  /** Each of these returns the function that stops listening. */
  onEvent(listener: (event: TrackerEvent) => void): () => void {
    return subscribe(this.#events, listener);
  }

  onConnection(listener: (connected: boolean) => void): () => void {
    return subscribe(this.#connection, listener);
  }

  onShow(listener: (state: PageState) => void): () => void {
    return subscribe(this.#shows, listener);
  }

  #save(): void {
    this.#api.setState(this.#kept);
  }

  #request(message: (id: number) => FromPage): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#api.postMessage(message(id));
    });
  }

  #receive(message: ToPage): void {
    switch (message.type) {
      case 'reply': {
        const pending = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        if (message.ok) pending?.resolve(message.value);
        else pending?.reject(new HostError(message.error));
        return;
      }
      case 'event':
        for (const listener of this.#events) listener(message.event);
        return;
      case 'connection':
        this.#connected = message.connected;
        for (const listener of this.#connection) listener(message.connected);
        return;
      case 'show':
        this.#kept.state = message.state;
        this.#save();
        for (const listener of this.#shows) listener(message.state);
        return;
      default:
        message satisfies never;
    }
  }
}

function subscribe<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}

function isSame(kept: PageState | undefined, booted: PageState): kept is PageState {
  if (kept?.page !== booted.page || kept.workspace !== booted.workspace) return false;
  const subject = (state: PageState) =>
    'run' in state ? state.run : 'model' in state ? state.model : state.deployment;
  return subject(kept) === subject(booted);
}

function readBoot(): PageBoot {
  const text = document.getElementById('boot')?.textContent ?? '{}';
  return JSON.parse(text) as PageBoot;
}

export const host = new Host();
