import { BOUNDS, Histogram } from './latency.ts';

/** What is known about the requests of a service since it started; Prometheus's text format out, and in again. */
export class ServiceMetrics {
  readonly #codes = new Map<number, number>();
  readonly #latency = new Histogram();
  readonly #model: string;
  readonly #version: string;

  constructor(model: string, version: string) {
    this.#model = model;
    this.#version = version;
  }

  /** One answered request to `/invocations`. */
  answered(code: number, seconds: number): void {
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    this.#latency.observe(seconds);
  }

  /** Prometheus's exposition format, version 0.0.4. */
  render(ready: boolean): string {
    const usage = process.resourceUsage();
    const codes = [...this.#codes].sort(([a], [b]) => a - b);
    let below = 0;
    const buckets = BOUNDS.map((bound, index) => {
      below += this.#latency.counts[index] ?? 0;
      return `trainyard_request_duration_seconds_bucket{le="${bound}"} ${below}`;
    });
    return [
      '# HELP trainyard_requests_total Requests to /invocations by status code.',
      '# TYPE trainyard_requests_total counter',
      ...codes.map(([code, count]) => `trainyard_requests_total{code="${code}"} ${count}`),
      '# HELP trainyard_request_duration_seconds From the request line to the last byte of the answer.',
      '# TYPE trainyard_request_duration_seconds histogram',
      ...buckets,
      `trainyard_request_duration_seconds_bucket{le="+Inf"} ${this.#latency.count}`,
      `trainyard_request_duration_seconds_sum ${this.#latency.sum}`,
      `trainyard_request_duration_seconds_count ${this.#latency.count}`,
      '# HELP trainyard_ready Whether the service accepts predictions.',
      '# TYPE trainyard_ready gauge',
      `trainyard_ready ${ready ? 1 : 0}`,
      '# TYPE trainyard_model_info gauge',
      `trainyard_model_info{model="${escapeLabel(this.#model)}",version="${escapeLabel(this.#version)}"} 1`,
      '# TYPE process_cpu_seconds_total counter',
      `process_cpu_seconds_total ${(usage.userCPUTime + usage.systemCPUTime) / 1e6}`,
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      '',
    ].join('\n');
  }
}

export interface ReadMetrics {
  readonly requests: number;
  /** Answers of 400 and above. */
  readonly errors: number;
  /** Counts of the latency histogram by bucket, for `quantile`. */
  readonly latency: readonly number[];
  readonly cpuSeconds: number | undefined;
  readonly residentBytes: number | undefined;
}

/** Reads what `render` wrote; other lines are left aside. */
export function readMetrics(text: string): ReadMetrics {
  const sample = (name: string) => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  const optional = (name: string) => (sample(name) === undefined ? undefined : Number(sample(name)));
  let requests = 0;
  let errors = 0;
  for (const [, code, count] of text.matchAll(/^trainyard_requests_total\{code="(\d+)"\} (\d+)$/gm)) {
    requests += Number(count);
    if (Number(code) >= 400) errors += Number(count);
  }
  const below = [...text.matchAll(/^trainyard_request_duration_seconds_bucket\{le="[^"]+"\} (\d+)$/gm)].map(
    ([, count]) => Number(count),
  );
  return {
    requests,
    errors,
    latency: below.map((count, index) => count - (below[index - 1] ?? 0)),
    cpuSeconds: optional('process_cpu_seconds_total'),
    residentBytes: optional('process_resident_memory_bytes'),
  };
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
