/** A timer cannot wait longer than 2^31 ms, so a longer limit is waited for in parts. */
const LONGEST_MS = 2 ** 30;

/**
 * Waits for the time limits of runs. A limit counts from the start of the command, so one that has passed while no
 * tracker lived is noticed at once by the next.
 */
export class TimeLimits {
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** @param limit milliseconds from `startedAt`, milliseconds since the epoch */
  add(run: string, startedAt: number, limit: number, reached: () => void): void {
    this.remove(run);
    const left = startedAt + limit - Date.now();
    const timer = setTimeout(
      () => {
        if (left > LONGEST_MS) this.add(run, startedAt, limit, reached);
        else {
          this.#timers.delete(run);
          reached();
        }
      },
      Math.min(Math.max(0, left), LONGEST_MS),
    );
    this.#timers.set(run, timer.unref());
  }

  remove(run: string): void {
    clearTimeout(this.#timers.get(run));
    this.#timers.delete(run);
  }

  stop(): void {
    for (const run of [...this.#timers.keys()]) this.remove(run);
  }
}
