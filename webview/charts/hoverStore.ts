/** Where the pointer is on the x axis, shared by all charts of a page so that their crosshairs move together. */
export class HoverStore {
  readonly #listeners = new Set<(x: number | undefined) => void>();
  #x: number | undefined;

  get x(): number | undefined {
    return this.#x;
  }

  set(x: number | undefined): void {
    if (x === this.#x) return;
    this.#x = x;
    for (const listener of this.#listeners) listener(x);
  }

  listen(listener: (x: number | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
