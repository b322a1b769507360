import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackerClient } from '../../src/client/trackerClient.ts';
import { temporaryFolder, temporaryHome } from '../../test/harness/home.ts';
import { resident, startBundle } from './tracker.ts';

const params = { workspace: 'default' };

/** Resident bytes of a tracker that follows this many runs, which print and log now and then. */
export async function measureFollowing(runs: number): Promise<number> {
  await using home = temporaryHome();
  await using folder = temporaryFolder('bench');
  await using tracker = await startBundle(home.path);
  const { client } = tracker;
  const line = '{"t":"metrics","seq":1,"time":1,"step":1,"values":{"loss":1}}';
  const script = `i=0; while [ $i -lt 60 ]; do echo line $i; echo '${line}' >>"$TRAINYARD_RUN_DIR/metrics/1.jsonl"; sleep 1; i=$((i+1)); done`;
  writeFileSync(path.join(folder.path, 'long.sh'), `${script}\n`);
  const body = { folder: folder.path, configuration: { script: 'long.sh' } };
  const ids: string[] = [];
  for (let i = 0; i < runs; i++) ids.push((await client.call('runs.submit', { params, body })).id);
  await sleep(15_000);
  const bytes = resident(tracker.pid);
  for (const run of ids) await client.call('runs.cancel', { params: { ...params, run }, body: {} });
  await ended(client, ids);
  return bytes;
}

/** The most that a tracker ever held while a run printed `megabytes` MB and its log was read and searched. */
export async function measureLongLog(megabytes: number): Promise<number> {
  await using home = temporaryHome();
  await using folder = temporaryFolder('bench');
  await using tracker = await startBundle(home.path);
  const { client } = tracker;
  const line = 'x'.repeat(99);
  writeFileSync(path.join(folder.path, 'print.sh'), `yes ${line} | head -n ${megabytes * 10_000}\n`);
  const { id } = await client.call('runs.submit', {
    params,
    body: { folder: folder.path, configuration: { script: 'print.sh' } },
  });
  await ended(client, [id]);
  const run = { ...params, run: id };
  await (await client.bytes('runs.log', { params: run, query: { offset: -1_000_000 } })).arrayBuffer();
  await client.call('runs.searchLog', { params: run, query: { text: 'nowhere' } });
  return resident(tracker.pid, 'VmHWM');
}

async function ended(client: TrackerClient, ids: readonly string[]): Promise<void> {
  const waiting = new Set(ids);
  const look = async (): Promise<void> => {
    for (const run of waiting) {
      const { endedAt } = await client.call('runs.get', { params: { ...params, run } });
      if (endedAt !== undefined) waiting.delete(run);
    }
  };
  for (await look(); waiting.size > 0; await look()) await sleep(200);
}
