import { quantile } from '../../scoring/latency.ts';
import { readMetrics } from '../../scoring/serviceMetrics.ts';
import { Problem } from '../../shared/api/error.ts';
import type { DeploymentStats } from '../../shared/domain/deployment.ts';
import type { HostUsage } from './serviceHost.ts';

const REQUEST_MS = 60_000;
const METRICS_MS = 3000;

export interface TestAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly milliseconds: number;
  readonly at: number;
}

/** One request to a service; without an input a GET. @throws Problem `unavailable` when nobody answers */
export async function testRequest(port: number, path: string, input: unknown): Promise<TestAnswer> {
  const at = Date.now();
  const began = performance.now();
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(REQUEST_MS),
      redirect: 'manual',
      ...(input === undefined || input === null
        ? {}
        : { method: 'POST', body: JSON.stringify(input), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    const milliseconds = performance.now() - began;
    return { status: response.status, body: parsed(text, response.headers.get('content-type')), milliseconds, at };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const why = timedOut ? `gave no answer in ${REQUEST_MS / 1000} s` : 'does not answer';
    throw new Problem('unavailable', `The service on port ${port} ${why}.`, {
      hint: 'Its log says more; start it again if it is stopped.',
      cause: error,
    });
  }
}

/** Keeps the last look at each service, because a share of a processor is a difference between two. */
export class StatsReader {
  readonly #last = new Map<string, { at: number; cpuSeconds: number }>();

  async read(id: string, port: number, usage: HostUsage): Promise<DeploymentStats> {
    const at = Date.now();
    const { requests, errors, latency } = readMetrics(await metricsText(port));
    const p50 = quantile(latency, 0.5);
    const p99 = quantile(latency, 0.99);
    const cpu = this.#cpu(id, usage.cpuSeconds);
    return {
      at,
      requests,
      errors,
      ...(p50 === undefined ? {} : { p50: p50 * 1000 }),
      ...(p99 === undefined ? {} : { p99: p99 * 1000 }),
      ...(cpu === undefined ? {} : { cpu }),
      ...(usage.memory === undefined ? {} : { memory: Math.round(usage.memory) }),
    };
  }

  /** Percent of one core since the last look. */
  #cpu(id: string, cpuSeconds: number | undefined): number | undefined {
    if (cpuSeconds === undefined) return undefined;
    const at = performance.now();
    const before = this.#last.get(id);
    this.#last.set(id, { at, cpuSeconds });
    // A service that was restarted counts from zero again.
    if (!before || cpuSeconds < before.cpuSeconds || at - before.at < 50) return undefined;
    return ((cpuSeconds - before.cpuSeconds) / ((at - before.at) / 1000)) * 100;
  }
}

async function metricsText(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(METRICS_MS) });
    return await response.text();
  } catch (cause) {
    throw new Problem('unavailable', `The service on port ${port} does not answer.`, { cause });
  }
}

function parsed(text: string, type: string | null): unknown {
  if (!type?.startsWith('application/json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
