import { Problem } from '../../shared/api/error.ts';
import type { FromChild, ToChild } from './messages.ts';

/** What a method of a child is handed beside its argument. */
export interface CallControl {
  readonly signal: AbortSignal;
  notice(value: unknown): void;
}

export type ChildMethods = Record<string, (argument: never, control: CallControl) => Promise<unknown>>;

/**
 * The child's side: answers calls with its methods until the tracker is gone. Returns the function that sends events.
 */
export function serveChild(methods: ChildMethods): (event: unknown) => void {
  const running = new Map<number, AbortController>();
  process.on('message', (message: ToChild) => {
    if (message.type === 'cancel') running.get(message.id)?.abort();
    else void answer(message);
  });
  // Without its tracker a child has nothing to do; it must never outlive it.
  process.on('disconnect', () => process.exit(0));

  async function answer({ id, method, argument }: Extract<ToChild, { type: 'call' }>): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    try {
      const run = methods[method];
      if (!run) throw new Error(`No method ${method}.`);
      const control = { signal: abort.signal, notice: (value: unknown) => send({ type: 'notice', id, value }) };
      send({ type: 'result', id, value: await run(argument as never, control) });
    } catch (error) {
      send({ type: 'problem', id, problem: toCarried(error) });
    } finally {
      running.delete(id);
    }
  }
  return (value) => send({ type: 'event', value });
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

function toCarried(error: unknown) {
  if (error instanceof Problem) {
    return { code: error.code, message: error.message, hint: error.hint, details: error.details };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
