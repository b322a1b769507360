import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { linear } from '../../test/fixtures/onnx.ts';
import { temporaryFolder } from '../../test/harness/home.ts';
import { root } from '../../test/harness/paths.ts';
import { eventsUntil, startTracker } from '../../test/harness/tracker.ts';

/**
 * Milliseconds from the request to deploy until the service is healthy: as a process, or with `docker` as a container
 * whose image is built first (`TRAINYARD_TEST_BASE_IMAGE` names its base).
 */
export async function measureDeploy(kind: 'process' | 'docker'): Promise<number> {
  await using tracker = await startTracker({ program: path.join(root, 'dist', 'tracker.cjs') });
  await using folder = temporaryFolder('bench');
  const { client } = tracker;
  const params = { workspace: 'default' };
  const file = path.join(folder.path, 'model.onnx');
  writeFileSync(file, linear());
  await client.call('models.register', { params, body: { name: 'bench', source: { file } } });
  const baseImage = process.env.TRAINYARD_TEST_BASE_IMAGE;
  const from = performance.now();
  let id = '';
  try {
    await eventsUntil(
      client,
      (event) => {
        if (event.type !== 'deployment') return false;
        if (event.deployment.state === 'failed') throw new Error(event.deployment.message ?? 'The deployment failed.');
        return event.deployment.state === 'healthy';
      },
      async () => {
        const body = { model: 'bench', kind, ...(baseImage ? { baseImage } : {}) };
        id = (await client.call('deployments.create', { params, body })).deployment.id;
      },
    );
    return performance.now() - from;
  } finally {
    if (id) await client.call('deployments.delete', { params: { ...params, deployment: id } });
  }
}
