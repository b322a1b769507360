import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compiledCode, TRACKER_FLAGS } from '../../src/client/startTracker.ts';
import type { TrackerClient } from '../../src/client/trackerClient.ts';
import type { TrackerEvent } from '../../src/shared/api/events.ts';
import type { RunConfiguration } from '../../src/shared/domain/runConfiguration.ts';
import { temporaryFolder, temporaryHome } from '../../test/harness/home.ts';
import { root } from '../../test/harness/paths.ts';
import { startTracker, type TestTracker } from '../../test/harness/tracker.ts';
import { awaitQuiet } from '../quiet.ts';

const bundle = path.join(root, 'dist', 'tracker.cjs');

export interface TrackerStart {
  /** Milliseconds from the first line of our program to listening, as the tracker logs it. */
  readonly own: number;
  /** Milliseconds from starting the process to its first answer, that of Node and all parts included. */
  readonly toAnswer: number;
  /** Resident bytes when nothing is done. */
  readonly atRest: number;
}

/** A tracker from the bundle, started as a client starts it. */
export function startBundle(home: string, env: Readonly<Record<string, string>> = {}): Promise<TestTracker> {
  return startTracker({ program: bundle, home, nodeArgs: TRACKER_FLAGS, env: { ...compiledCode(home), ...env } });
}

/** Medians of starts in one home, where the compiled code of the first is kept, which itself does not count. */
export async function measureTrackerStart(times: number): Promise<TrackerStart> {
  await using home = temporaryHome();
  const own: number[] = [];
  const toAnswer: number[] = [];
  const atRest: number[] = [];
  for (let i = 0; i <= times; i++) {
    await awaitQuiet();
    const from = performance.now();
    await using tracker = await startBundle(home.path);
    const answered = performance.now() - from;
    await sleep(2000);
    const line = tracker
      .log()
      .split('\n')
      .find((text) => text.includes('the tracker listens'));
    if (i === 0 || line === undefined) continue;
    own.push(Number((JSON.parse(line) as { startMs?: number }).startMs));
    toAnswer.push(answered);
    atRest.push(resident(tracker.pid));
  }
  return { own: middle(own), toAnswer: middle(toAnswer), atRest: middle(atRest) };
}

/** Milliseconds until a program that does nothing has been started and is over: what no tracker can save. */
export function bareProgram(program: string, args: readonly string[], times: number): number {
  return median(times, () => {
    const from = performance.now();
    execFileSync(program, args);
    return performance.now() - from;
  });
}

/** Milliseconds from the submit's request to the first byte of the run's log, warm. */
export async function measureFirstOutput(script: string, content: string, times: number): Promise<number> {
  await using home = temporaryHome();
  await using tracker = await startBundle(home.path);
  await using folder = temporaryFolder('bench');
  writeFileSync(path.join(folder.path, script), content);
  const taken: number[] = [];
  for (let i = 0; i <= times; i++) {
    await awaitQuiet();
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

/** Resident bytes of a process, now or (`VmHWM`) at most. Linux only. */
export function resident(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) * 1024;
}

function median(times: number, measure: () => number): number {
  return middle(Array.from({ length: times }, measure));
}

export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
