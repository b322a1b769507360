import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { WorkspaceStore } from '../../workspaces/workspaceStore.ts';
import type { ProcessHost } from './processHost.ts';

/** Ends services as local processes that no row knows: the tracker was killed while it tried a new version. */
export async function removeOrphans(
  store: WorkspaceStore,
  host: ProcessHost,
  isKnown: (id: string) => boolean,
): Promise<void> {
  const names = await readdir(store.paths.deployments).catch(() => []);
  for (const id of names.filter((name) => !isKnown(name))) {
    await host.remove({ id, folder: path.join(store.paths.deployments, id) });
  }
}
