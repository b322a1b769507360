/**
 * Where the pointer is on the x axis, shared by all charts of a page so that their crosshairs move together. However
 * often the pointer moves, listeners are called once a frame.
 */
export class HoverStore {
  readonly #listeners = new Set<(x: number | undefined) => void>();
  #x: number | undefined;
  #frame = 0;

  get x(): number | undefined {
    return this.#x;
  }

  set(x: number | undefined): void {
    if (x === this.#x) return;
    this.#x = x;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const listener of this.#listeners) listener(this.#x);
    });
  }

  listen(listener: (x: number | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
