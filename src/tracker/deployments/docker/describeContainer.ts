import type { ContainerCreateOptions } from 'dockerode';
import type { ServiceSpec } from '../serviceHost.ts';
import { INNER_PORT, LABELS } from './describeImage.ts';

/**
 * The container of a deployment: reachable from this machine only, on a port that stays, with nothing that it does not
 * need: no writable root, no capabilities, no privileges to gain, nobody's user.
 */
export function describeContainer(spec: ServiceSpec, home: string, port: number): ContainerCreateOptions {
  const inner = `${INNER_PORT}/tcp`;
  const { cpus, memory } = spec.limits;
  return {
    name: containerName(spec),
    Image: spec.image ?? '',
    User: '65534:65534',
    Labels: {
      [LABELS.home]: home,
      [LABELS.workspace]: spec.workspace,
      [LABELS.deployment]: spec.id,
      [LABELS.model]: spec.model,
      [LABELS.version]: String(spec.version),
    },
    // Without it the engine silently leaves out the binding below.
    ExposedPorts: { [inner]: {} },
    StopTimeout: 15,
    HostConfig: {
      PortBindings: { [inner]: [{ HostIp: '127.0.0.1', HostPort: String(port) }] },
      RestartPolicy: { Name: spec.restart, ...(spec.restart === 'on-failure' ? { MaximumRetryCount: 5 } : {}) },
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
      // Equal limits leave no swap: a service that swaps is worse than one that says what it lacks.
      ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=16m' },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 256,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
    },
  };
}

export function containerName(spec: ServiceSpec): string {
  return `trainyard-${spec.name}-${spec.id.slice(0, 8)}`;
}
