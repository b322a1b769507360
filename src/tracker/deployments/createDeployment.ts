import { randomUUID } from 'node:crypto';
import { Problem } from '../../shared/api/error.ts';
import type { BodyOf } from '../../shared/api/route.ts';
import type { Routes } from '../../shared/api/routes.ts';
import type { ModelRegistry } from '../models/modelRegistry.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';
import type { DeploymentRow } from './deploymentRows.ts';
import type { DeploymentStore } from './deploymentStore.ts';
import type { NextVersion } from './deploymentSupervisor.ts';
import { checkImageName } from './docker/describeImage.ts';
import type { Hosts } from './hosts.ts';

export type DeploymentRequest = BodyOf<Routes['deployments.create']>;

const DEFAULT_BASE_IMAGE = 'node:24-slim';

/** Checks a request and writes the deployment's row; nothing runs yet. @throws Problem, and then nothing was changed */
export async function createDeployment(
  services: { registry: ModelRegistry; deployments: DeploymentStore; hosts: Hosts },
  store: WorkspaceStore,
  request: DeploymentRequest,
  actor: Actor,
): Promise<DeploymentRow> {
  const { registry, deployments, hosts } = services;
  const { modelId, info } = registry.version(store, request.model, request.version ?? 'latest');
  if (info.limitation !== undefined) {
    throw new Problem('invalid', `${info.model}:${info.version} cannot be deployed: ${info.limitation}`, {
      hint: 'Register an ONNX export of it.',
    });
  }
  const rows = deployments.rows(store);
  const name = request.name ?? freeName(info.model, new Set(rows.map((row) => row.name)));
  if (rows.some((row) => row.name === name)) {
    throw new Problem('conflict', `There is a deployment ${JSON.stringify(name)} already.`, {
      hint: 'Choose another name, delete that one first, or give it another version while it is healthy.',
    });
  }
  const holder = rows.find((row) => row.port !== null && row.port === request.port);
  if (holder) {
    throw new Problem('port-in-use', `Port ${request.port} belongs to the deployment ${JSON.stringify(holder.name)}.`, {
      hint: 'Choose another port.',
    });
  }
  const baseImage = checkImageName(request.baseImage ?? (process.env.TRAINYARD_BASE_IMAGE || DEFAULT_BASE_IMAGE));
  const choice = await hosts.choose(request.kind, request.dockerHost);
  const now = Date.now();
  const row = {
    id: randomUUID(),
    name,
    model: modelId,
    version: info.version,
    kind: choice.host.kind,
    state: 'building' as const,
    wanted: 'running' as const,
    message: null,
    note: choice.note ?? null,
    port: request.port ?? null,
    image: null,
    container: null,
    base_image: choice.host.kind === 'docker' ? baseImage : null,
    engine: choice.engine ?? null,
    cpus: request.cpus ?? null,
    memory: request.memory ?? null,
    restart: request.restart ?? 'unless-stopped',
    created_at: now,
    updated_at: now,
  };
  return deployments.insert(store, row, actor);
}

/**
 * The deployment that a request means to move to another version: a healthy one of that name, of the kind that is asked
 * for, that serves something else now.
 */
export function replacedBy(
  services: { registry: ModelRegistry; deployments: DeploymentStore },
  store: WorkspaceStore,
  request: DeploymentRequest,
): { row: DeploymentRow; next: NextVersion } | undefined {
  const row = services.deployments.rows(store).find((one) => one.name === request.name);
  if (row?.state !== 'healthy' || (request.kind ?? row.kind) !== row.kind) return undefined;
  const { modelId, info } = services.registry.version(store, request.model, request.version ?? 'latest');
  if (info.limitation !== undefined || (modelId === row.model && info.version === row.version)) return undefined;
  return { row, next: { model: modelId, model_name: info.model, version: info.version } };
}

/** `digits`, then `digits-2`, and so on; what a host name must not hold becomes a dash. */
export function freeName(model: string, taken: ReadonlySet<string>): string {
  const slug = model
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50);
  const base = slug || 'model';
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}
