import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/client/connect.ts';
import type { TrackerClient } from '../../src/client/trackerClient.ts';

/** The tracker of a home, as soon as the editor has started one. */
export function trackerOf(home: string): Promise<TrackerClient> {
  return eventually('The editor started no tracker.', async () => {
    const found = await connect({ home, start: 'never' }).catch(() => undefined);
    return found?.client;
  });
}

/**
 * Asks again and again until there is an answer.
 *
 * @throws Error with `complaint` when there is none within a minute
 */
export async function eventually<T>(complaint: string, ask: () => T | Promise<T | undefined> | undefined): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(complaint);
    await sleep(100);
  }
}
