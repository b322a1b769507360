import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TrackerClient } from '../../src/client/trackerClient.ts';
import type { TrackerEvent } from '../../src/shared/api/events.ts';
import type { RunConfiguration } from '../../src/shared/domain/runConfiguration.ts';
import { temporaryFolder } from '../../test/harness/home.ts';
import { root } from '../../test/harness/paths.ts';
import { startTracker } from '../../test/harness/tracker.ts';

const bundle = path.join(root, 'dist', 'tracker.cjs');

/** Milliseconds of a Node that does nothing: what the tracker's start is counted on top of. */
export function bareNode(times: number): number {
  return median(times, () => {
    const from = performance.now();
    execFileSync(process.execPath, ['-e', '0']);
    return performance.now() - from;
  });
}

export interface TrackerStart {
  /** Milliseconds from the first line of our program to listening, as the tracker logs it. */
  readonly own: number;
  /** Resident bytes when nothing is done. */
  readonly atRest: number;
}

export async function measureTrackerStart(times: number): Promise<TrackerStart> {
  const starts: number[] = [];
  let atRest = Number.NaN;
  for (let i = 0; i <= times; i++) {
    await using tracker = await startTracker({ program: bundle });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const line = tracker
      .log()
      .split('\n')
      .find((text) => text.includes('the tracker listens'));
    // The first start of a bundle fills the cache of compiled code.
    if (i > 0 && line) starts.push(Number((JSON.parse(line) as { startMs?: number }).startMs));
    atRest = resident(tracker.pid);
  }
  return { own: middle(starts), atRest };
}

/** Milliseconds from the submit's request to the first byte of the run's log, warm. */
export async function measureFirstOutput(script: string, content: string, times: number): Promise<number> {
  await using tracker = await startTracker({ program: bundle });
  await using folder = temporaryFolder('bench');
  writeFileSync(path.join(folder.path, script), content);
  const taken: number[] = [];
  for (let i = 0; i <= times; i++) {
    const ms = await firstOutput(tracker.client, folder.path, { script });
    if (i > 0) taken.push(ms);
  }
  return middle(taken);
}

async function firstOutput(client: TrackerClient, folder: string, configuration: RunConfiguration): Promise<number> {
  const abort = new AbortController();
  const ended = Promise.withResolvers<void>();
  const output = Promise.withResolvers<number>();
  let started = Number.NaN;
  let run = '';
  const early: TrackerEvent[] = [];
  const look = (event: TrackerEvent) => {
    if (event.type === 'log' && event.run === run && event.bytes > 0) output.resolve(performance.now() - started);
    if (event.type === 'run' && event.run.id === run && event.run.endedAt !== undefined) ended.resolve();
  };
  const listening = Promise.withResolvers<void>();
  const stream = client.events((event) => {
    if (event.type === 'hello') listening.resolve();
    if (run === '') early.push(event);
    else look(event);
  }, abort.signal);
  await listening.promise;
  started = performance.now();
  const summary = await client.call('runs.submit', {
    params: { workspace: 'default' },
    body: { folder, configuration },
  });
  run = summary.id;
  for (const event of early) look(event);
  const ms = await output.promise;
  await ended.promise;
  abort.abort();
  await stream.catch(() => undefined);
  return ms;
}

function resident(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN) * 1024;
}

function median(times: number, measure: () => number): number {
  return middle(Array.from({ length: times }, measure));
}

export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
