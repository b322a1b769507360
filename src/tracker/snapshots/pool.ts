/**
 * Runs `work` over the items with at most `limit` at once. The first failure (or the signal) stops the handing out of
 * items; what is in flight is awaited before the failure is thrown, so that nothing goes on behind the caller's back.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  options: { limit: number; signal?: AbortSignal | undefined },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  let failure: unknown;
  const lane = async (): Promise<void> => {
    while (!failed) {
      const step = iterator.next();
      if (step.done) return;
      try {
        options.signal?.throwIfAborted();
        await work(step.value);
      } catch (error) {
        if (!failed) failure = error;
        failed = true;
      }
    }
  };
  await Promise.all(Array.from({ length: options.limit }, lane));
  if (failed) throw failure;
}

/** A lock of many readers or one writer, first come first served. */
export class SharedLock {
  #tail: Promise<void> = Promise.resolve();
  #readers: Promise<void> = Promise.resolve();

  /** Runs together with other readers; waits for writers that came before. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    const running = this.#tail.then(work);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    this.#readers = Promise.all([this.#readers, settled]).then(() => undefined);
    return running;
  }

  /** Runs alone. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const running = Promise.all([this.#tail, this.#readers]).then(work);
    this.#tail = running.then(
      () => undefined,
      () => undefined,
    );
    return running;
  }
}
