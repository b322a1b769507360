import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../shared/api/error.ts';
import type { ServiceHost, ServiceSpec } from './serviceHost.ts';

export const HEALTHY_WITHIN_MS = 90_000;

/** Resolves when the service is healthy. @throws Problem `unhealthy` with its last lines when it ends or takes too long */
export async function untilHealthy(
  host: ServiceHost,
  spec: ServiceSpec,
  port: number,
  signal: AbortSignal,
  within = HEALTHY_WITHIN_MS,
): Promise<void> {
  const deadline = Date.now() + within;
  for (let wait = 20; ; wait = Math.min(500, wait * 1.5)) {
    signal.throwIfAborted();
    const { state, message } = await host.look(spec, port);
    if (state === 'healthy') return;
    const gone = state === 'failed' || state === 'stopped';
    if (gone || Date.now() > deadline) {
      const why = message ?? (gone ? 'it ended.' : `it was not healthy within ${within / 1000} s.`);
      throw await explain(host, spec, why);
    }
    await sleep(wait);
  }
}

async function explain(host: ServiceHost, spec: ServiceSpec, why: string): Promise<Problem> {
  const last = (await host.log(spec, 15)).toString('utf8').trim();
  // What it said last, aside from the lines of its access log.
  const words = last.split('\n').findLast((line) => line !== '' && !line.startsWith('{')) ?? '';
  return new Problem('unhealthy', `The service did not come up: ${why.includes(words) ? why : `${why} ${words}`}`, {
    hint: 'Its last lines are below.',
    details: last === '' ? undefined : last.split('\n'),
  });
}
