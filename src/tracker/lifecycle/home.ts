import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Where everything of one person is kept. Private to that person (0700): it holds tokens.
 *
 * ```
 * tracker.json        port, pid, start time, version and token of the tracker that runs now (0600)
 * address.json        the port and the token key, chosen once and kept (0600)
 * home.db             the workspaces; locked by the tracker while it lives, which makes it the only one
 * workspaces/<id>/    workspace.db, runs/, snapshots/, models/, deployments/, backups/
 * environments/<hash> virtual environments, shared by all workspaces
 * runtime/<version>/  the tracker's own copy of its program
 * logs/               tracker.log, logs of activities
 * ```
 */
export interface Home {
  readonly root: string;
  readonly discoveryFile: string;
  readonly addressFile: string;
  readonly database: string;
  readonly workspaces: string;
  readonly environments: string;
  readonly runtime: string;
  readonly logs: string;
}

export function homeAt(root: string): Home {
  return {
    root,
    discoveryFile: path.join(root, 'tracker.json'),
    addressFile: path.join(root, 'address.json'),
    database: path.join(root, 'home.db'),
    workspaces: path.join(root, 'workspaces'),
    environments: path.join(root, 'environments'),
    runtime: path.join(root, 'runtime'),
    logs: path.join(root, 'logs'),
  };
}

/** `TRAINYARD_HOME`, or `.trainyard` in the person's home directory. */
export function defaultHome(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env.TRAINYARD_HOME || path.join(os.homedir(), '.trainyard'));
}

export function createHome(root: string): Home {
  const home = homeAt(root);
  for (const directory of [home.root, home.workspaces, home.environments, home.runtime, home.logs]) {
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  return home;
}
