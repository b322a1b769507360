import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TrackerEvent } from '../../shared/api/events.ts';
import type { EventHub } from './eventHub.ts';

const KEEP_ALIVE_MS = 15_000;
/** A client that leaves this much unread is dropped; it connects again and reads the state afresh. */
const MOST_UNREAD = 4 * 1024 * 1024;

/** The event streams of all connected clients. Each event is serialised once, however many listen. */
export class EventStreams {
  readonly #streams = new Set<ServerResponse>();
  readonly #hello: () => TrackerEvent;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  /** Notices that nobody was there to read; the first client gets them. */
  #unread: TrackerEvent[] = [];

  constructor(events: EventHub, hello: () => TrackerEvent) {
    this.#hello = hello;
    this.#stopListening = events.listen((event) => {
      if (event.type === 'notice' && this.#streams.size === 0) this.#unread = [...this.#unread, event].slice(-20);
      else this.#sendAll(frame(event));
    });
    this.#timer = setInterval(() => this.#sendAll(': still here\n\n'), KEEP_ALIVE_MS);
    this.#timer.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  connect(_request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // The connection ends with the stream: kept alive, it would hold up the end of the tracker.
      connection: 'close',
      'x-content-type-options': 'nosniff',
    });
    response.socket?.setNoDelay(true);
    response.write(frame(this.#hello()));
    for (const notice of this.#unread) response.write(frame(notice));
    this.#unread = [];
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    response.on('error', () => this.#streams.delete(response));
  }

  /** Ends every stream: clients see the end at once and look for the next tracker. */
  close(): void {
    clearInterval(this.#timer);
    this.#stopListening();
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  #sendAll(text: string): void {
    for (const stream of this.#streams) {
      if (stream.writableLength > MOST_UNREAD) stream.destroy();
      else stream.write(text);
    }
  }
}

function frame(event: TrackerEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
