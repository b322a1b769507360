import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/client/connect.ts';
import type { TrackerClient } from '../../src/client/trackerClient.ts';

/** The tracker of a home, as soon as the editor has started one. */
export async function trackerOf(home: string): Promise<TrackerClient> {
  for (;;) {
    const found = await connect({ home, start: 'never' }).catch(() => undefined);
    if (found) return found.client;
    await sleep(100);
  }
}
