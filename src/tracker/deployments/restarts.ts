import type { Deployment } from '../../shared/domain/deployment.ts';

const FIRST_MS = 500;
const LONGEST_MS = 60_000;
const MOST_ON_FAILURE = 5;
/** After this long in health the count begins anew. */
const PARDON_MS = 30_000;

interface Count {
  attempts: number;
  timer: NodeJS.Timeout | undefined;
  since: number;
}

/** When a service that ended is started again, for hosts that have no engine to do it. */
export class Restarts {
  readonly #counts = new Map<string, Count>();
  readonly #start: (id: string) => void;

  constructor(start: (id: string) => void) {
    this.#start = start;
  }

  /**
   * Says that a service ended although it should run. Asked again before the restart, it says the same.
   *
   * @returns milliseconds until it is started again, or undefined when its policy says no
   */
  ended(id: string, policy: Deployment['restart']): number | undefined {
    const count = this.#counts.get(id) ?? { attempts: 0, timer: undefined, since: Date.now() };
    const wait = delay(count.attempts);
    if (count.timer) return wait;
    if (policy === 'no' || (policy === 'on-failure' && count.attempts >= MOST_ON_FAILURE)) return undefined;
    this.#counts.set(id, count);
    count.timer = setTimeout(() => {
      count.timer = undefined;
      count.attempts++;
      count.since = Date.now();
      this.#start(id);
    }, wait);
    count.timer.unref();
    return wait;
  }

  healthy(id: string): void {
    const count = this.#counts.get(id);
    if (count && !count.timer && Date.now() - count.since > PARDON_MS) this.#counts.delete(id);
  }

  forget(id: string): void {
    clearTimeout(this.#counts.get(id)?.timer);
    this.#counts.delete(id);
  }

  close(): void {
    for (const id of [...this.#counts.keys()]) this.forget(id);
  }
}

/** Doubles from half a second to a minute. */
export function delay(attempts: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** attempts);
}
