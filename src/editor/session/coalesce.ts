import type { Disposable } from './event.ts';

/**
 * Collects keys and hands them on together, at most once in `intervalMs`; the first of a quiet time goes at once. While
 * `paused` they only gather (a view that is not visible costs nothing).
 */
export class Coalescer<K> implements Disposable {
  readonly #intervalMs: number;
  readonly #flush: (keys: K[]) => void;
  #pending = new Set<K>();
  #timer: NodeJS.Timeout | undefined;
  #last = Number.NEGATIVE_INFINITY;
  #paused = false;

  constructor(intervalMs: number, flush: (keys: K[]) => void) {
    this.#intervalMs = intervalMs;
    this.#flush = flush;
  }

  add(...keys: K[]): void {
    for (const key of keys) this.#pending.add(key);
    this.#schedule();
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    if (paused) this.#stop();
    else this.#schedule();
  }

  dispose(): void {
    this.#stop();
    this.#paused = true;
    this.#pending.clear();
  }

  #schedule(): void {
    if (this.#paused || this.#timer || this.#pending.size === 0) return;
    const wait = Math.max(0, this.#last + this.#intervalMs - performance.now());
    this.#timer = setTimeout(() => this.#fire(), wait);
  }

  #fire(): void {
    this.#timer = undefined;
    this.#last = performance.now();
    const keys = [...this.#pending];
    this.#pending = new Set();
    this.#flush(keys);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
