import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LABELS } from './describeImage.ts';
import type { EngineEvent } from './engineCalls.ts';
import type { EngineClient } from './engineClient.ts';

interface RawEvent {
  Action?: string;
  timeNano?: number;
  Actor?: { Attributes?: Record<string, string> };
}

const LONGEST_WAIT_MS = 10_000;

/** Follows an engine's events for ever; when it goes away it says so, and so it does when the engine is back. */
export async function watchEngine(
  client: EngineClient,
  home: string,
  send: (event: EngineEvent) => void,
): Promise<never> {
  for (let wait = 100; ; ) {
    try {
      const stream = await client.events(home);
      wait = 100;
      // Whatever happened before this moment is learned by looking.
      send({ type: 'back' });
      for await (const line of createInterface({ input: stream })) {
        const event = line.trim() === '' ? undefined : toEvent(JSON.parse(line) as RawEvent);
        if (event) send(event);
      }
    } catch {
      // Told below; the reason is found by whoever looks.
    }
    send({ type: 'lost' });
    await sleep(wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** Health probes and the like come every few seconds and change nothing. */
export function toEvent({ Action = '', timeNano = 0, Actor }: RawEvent): EngineEvent | undefined {
  const deployment = Actor?.Attributes?.[LABELS.deployment];
  if (deployment === undefined || /^exec_|^(top|attach|resize)/.test(Action)) return undefined;
  return { type: 'container', deployment, action: Action, at: Math.round(timeNano / 1e6) };
}
