import type { Deployment, DeploymentState } from '../../shared/domain/deployment.ts';

/** A service as it is to be: plain data, the same for every kind of host. */
export interface ServiceSpec {
  readonly id: string;
  readonly name: string;
  readonly workspace: string;
  readonly model: string;
  readonly version: number;
  /** Absolute folder of the model's files, and its file in there. */
  readonly modelFolder: string;
  readonly entry: string;
  /** A private folder of the deployment. */
  readonly folder: string;
  readonly limits: Deployment['limits'];
  readonly restart: Deployment['restart'];
  readonly baseImage: string;
  /** What is built already. */
  readonly image: string | undefined;
}

export interface HostState {
  readonly state: DeploymentState;
  /** Why it is so, where there is more to say than the state does. */
  readonly message?: string | undefined;
}

/** How long work is followed and ended. */
export interface HostControl {
  readonly signal: AbortSignal;
  report(message: string, progress?: number): void;
  output(text: string): void;
}

export interface BuiltImage {
  /** The engine's id, sha256:…. */
  readonly id: string;
  readonly tag: string;
  readonly bytes: number;
}

export interface HostUsage {
  /** Processor seconds since the service started. */
  readonly cpuSeconds?: number | undefined;
  /** Bytes resident. */
  readonly memory?: number | undefined;
}

/**
 * Where services run. `docker` makes containers, `process` makes local processes; both pass `serviceHost.contract.ts`.
 * Every method may be called again after a failure or a kill in its middle.
 */
export interface ServiceHost {
  readonly kind: Deployment['kind'];
  /** Whether the host itself starts a service again that ended, also while no tracker runs. */
  readonly restartsByItself: boolean;
  /** Makes what a start needs; undefined where that is nothing. A failure leaves nothing behind. */
  prepare(spec: ServiceSpec, control: HostControl): Promise<BuiltImage | undefined>;
  /**
   * Starts the service on a port of 127.0.0.1; resolves once it has the port, before it is healthy.
   *
   * @throws Problem `port-in-use`, and then nothing is left of the attempt
   */
  start(spec: ServiceSpec, port: number): Promise<void>;
  /** Ends it in good order; nothing happens where it does not run. */
  stop(spec: ServiceSpec): Promise<void>;
  /** Ends it and removes what `start` made; an image stays. */
  remove(spec: ServiceSpec): Promise<void>;
  /** What is true now. `port` is where it should answer. */
  look(spec: ServiceSpec, port: number | undefined): Promise<HostState>;
  /** The last lines of what the service wrote. */
  log(spec: ServiceSpec, lines: number): Promise<Buffer>;
  usage(spec: ServiceSpec): Promise<HostUsage>;
  /** `listener` is told which service to look at; without an id, at all of them. Returns the way to stop. */
  follow(listener: (id?: string) => void): () => void;
  /** Removes services that bear our mark but that no row knows, such as those of a deletion that was killed. */
  tidy?(isLitter: (workspace: string, id: string) => boolean): Promise<void>;
  /** Lets go of everything here; services go on. */
  close(): void;
}

/** Whether a service answers its readiness route; any failure is no. */
export async function answersPing(port: number, timeoutMs = 3000): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
