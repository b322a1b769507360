/** Events and ownership in the shape that VS Code has them, without VS Code, so that the session is tested in Node. */
export interface Disposable {
  dispose(): void;
}

export type Listener<T> = (value: T) => void;
/** Subscribes; dispose to stop. Assignable to `vscode.Event`. */
export type Event<T> = (listener: Listener<T>, thisArg?: unknown, owners?: Disposable[]) => Disposable;

export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<Listener<T>>();
  #disposed = false;

  readonly event: Event<T> = (listener, thisArg, owners) => {
    // A listener of its own for each subscription: the same function may subscribe twice.
    const own: Listener<T> = (value) => listener.call(thisArg, value);
    if (!this.#disposed) this.#listeners.add(own);
    const subscription = { dispose: () => void this.#listeners.delete(own) };
    owners?.push(subscription);
    return subscription;
  };

  /** Tells everyone, in order of subscription. One listener's error does not keep the news from the others. */
  fire(value: T): void {
    const errors: unknown[] = [];
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
  }
}

/** Owns disposables; adding to a dead owner disposes at once, so that nothing outlives it by a race. */
export class Owner implements Disposable {
  #owned: Disposable[] = [];
  #disposed = false;

  own<T extends Disposable>(thing: T): T {
    if (this.#disposed) thing.dispose();
    else this.#owned.push(thing);
    return thing;
  }

  ownAll(...things: Disposable[]): void {
    for (const thing of things) this.own(thing);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const thing of this.#owned.reverse()) thing.dispose();
    this.#owned = [];
  }
}
