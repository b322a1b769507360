import type { RunState } from './domain/run.ts';

/** True while something may still happen to the run by itself. Apart from the schemas, so that pages stay small. */
export function isActive(state: RunState): boolean {
  return state === 'queued' || state === 'preparing' || state === 'running';
}
