const INTERVAL_MS = 100;

/**
 * Sends at most one event of a kind for each subject in a tenth of a second: the first at once, the last one always.
 * What is sent is made when it is sent, so it is never older than the change that asked for it.
 */
export class Coalescer {
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #again = new Map<string, () => void>();
  #closed = false;

  request(subject: string, send: () => void): void {
    if (this.#closed) return;
    if (this.#waiting.has(subject)) {
      this.#again.set(subject, send);
      return;
    }
    this.#arm(subject);
    send();
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#again.clear();
  }

  #arm(subject: string): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(subject);
      const send = this.#again.get(subject);
      if (send === undefined) return;
      this.#again.delete(subject);
      this.#arm(subject);
      send();
    }, INTERVAL_MS);
    timer.unref();
    this.#waiting.set(subject, timer);
  }
}
