import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../../../test/harness/home.ts';
import { isAlive } from '../../../test/harness/processes.ts';
import type { TestTracker } from '../../../test/harness/tracker.ts';
import type { TrackerClient } from '../../client/trackerClient.ts';
import type { BodyOf } from '../../shared/api/route.ts';
import type { Routes } from '../../shared/api/routes.ts';
import type { Discovery } from '../../shared/discovery.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { DISCOVERY_FILE } from '../../shared/homeFiles.ts';
import { isActive } from '../../shared/runState.ts';

export type SubmitBody = BodyOf<Routes['runs.submit']>;

/** A training folder with these files, for a test. */
export function trainingFolder(files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder('training');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder.path, name)), { recursive: true });
    writeFileSync(path.join(folder.path, name), text);
  }
  return folder;
}

export function submit(client: TrackerClient, body: SubmitBody, workspace = 'default'): Promise<RunSummary> {
  return client.call('runs.submit', { params: { workspace }, body });
}

/** Waits until something about a run is so. */
export async function until(
  client: TrackerClient,
  run: string,
  condition: (run: RunSummary) => boolean,
  workspace = 'default',
): Promise<RunSummary> {
  for (;;) {
    const found = await client.call('runs.get', { params: { workspace, run } });
    if (condition(found)) return found;
    await sleep(30);
  }
}

export function ended(client: TrackerClient, run: string, workspace = 'default'): Promise<RunSummary> {
  return until(client, run, ({ state }) => !isActive(state), workspace);
}

/** Submits a script and waits for its end. */
export async function train(client: TrackerClient, body: SubmitBody): Promise<RunSummary> {
  const { id } = await submit(client, body);
  return ended(client, id);
}

export async function logOf(client: TrackerClient, run: string, workspace = 'default'): Promise<string> {
  const reply = await client.bytes('runs.log', { params: { workspace, run }, query: { limit: 16_000_000 } });
  return reply.text();
}

/**
 * A tracker of this home answers again after a kill: the one that a living run's wrapper has revived, or one that is
 * started here.
 */
export async function back(tracker: TestTracker): Promise<void> {
  for (;;) {
    const revived = readDiscovery(tracker.home);
    if (revived !== undefined && isAlive(revived.pid)) {
      tracker.client.endpoint = revived;
      if (
        await tracker.client.call('tracker.info', {}).then(
          () => true,
          () => false,
        )
      )
        return;
    } else if (
      await tracker.restart().then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
}

function readDiscovery(home: string): Discovery | undefined {
  try {
    return JSON.parse(readFileSync(path.join(home, DISCOVERY_FILE), 'utf8')) as Discovery;
  } catch {
    return undefined;
  }
}
