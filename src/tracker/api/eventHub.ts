import type { TrackerEvent } from '../../shared/api/events.ts';

type Listener = (event: TrackerEvent) => void;

/** Carries events from the parts of the tracker to whoever listens: event streams, and other parts. */
export class EventHub {
  readonly #listeners = new Set<Listener>();

  emit(event: TrackerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Returns the function that stops listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get size(): number {
    return this.#listeners.size;
  }
}
