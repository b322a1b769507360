import { Problem } from '../../shared/api/problem.ts';
import { Emitter } from './event.ts';

/**
 * Something read from the tracker that is shown while it may be out of date: loaded when first asked for, read again
 * after `invalidate` (at once if somebody has asked before), the old value standing until the new one is there.
 */
export class Resource<T> {
  readonly #load: () => Promise<T>;
  readonly #changes = new Emitter<void>();
  #value: T | undefined;
  #problem: Problem | undefined;
  #loading: Promise<void> | undefined;
  #stale = true;
  #wanted = false;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  readonly onChange = this.#changes.event;

  /** What is known now, without asking. */
  get value(): T | undefined {
    return this.#value;
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** The value, loaded if need be. @throws Problem when it could not be read and nothing older is known. */
  async get(): Promise<T> {
    this.#wanted = true;
    if (this.#stale || this.#loading) await this.#refresh();
    if (this.#value === undefined) throw this.#problem ?? new Problem('unavailable', 'Nothing could be read.');
    return this.#value;
  }

  invalidate(): void {
    this.#stale = true;
    if (this.#wanted) void this.#refresh();
  }

  /** Changes what is known by what an event tells, so that nothing need be read. */
  edit(change: (value: T) => T): void {
    if (this.#value === undefined) return;
    this.#value = change(this.#value);
    this.#changes.fire();
  }

  async #refresh(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  async #read(): Promise<void> {
    // Invalidated while it was being read: what came may already be old, so it is read once more.
    while (this.#stale) {
      this.#stale = false;
      try {
        this.#value = await this.#load();
        this.#problem = undefined;
      } catch (error) {
        this.#problem = error instanceof Problem ? error : new Problem('internal', String(error), { cause: error });
        this.#stale = true;
        break;
      }
    }
    this.#changes.fire();
  }
}
