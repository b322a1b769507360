import type { Readable } from 'node:stream';
import Docker, { type ContainerCreateOptions } from 'dockerode';
import { INNER_PORT, LABELS } from './describeImage.ts';
import type { ContainerFacts, EngineCalls, ListedContainer } from './engineCalls.ts';
import { explainEngineError } from './engineProblems.ts';

/** An engine's methods as the tracker needs them, over dockerode. Errors are Problems. */
export class EngineClient {
  readonly docker: Docker;
  readonly address: string;

  /** @param address `unix:///…`, `npipe:////./pipe/…` or `tcp://…`, where TLS comes from DOCKER_CERT_PATH */
  constructor(address: string) {
    this.address = address;
    this.docker = connect(address);
  }

  async ping(): Promise<EngineCalls['ping'][1]> {
    return this.#try(async () => {
      const { Os, Arch, Version } = await this.docker.version();
      return { os: Os, architecture: Arch, version: Version };
    });
  }

  async findImage(tag: string): Promise<EngineCalls['findImage'][1]> {
    return this.#try(async () => {
      const found = await unlessMissing(this.docker.getImage(tag).inspect());
      return found && { id: found.Id, tag, bytes: found.Size };
    });
  }

  async removeImage(tag: string): Promise<void> {
    await this.#try(() => unlessMissing(this.docker.getImage(tag).remove({ force: true })));
  }

  async run(options: ContainerCreateOptions): Promise<{ id: string }> {
    return this.#try(async () => {
      // Litter of a start that was killed half-way has the same name.
      await unlessMissing(this.docker.getContainer(options.name ?? '').remove({ force: true, v: true }));
      const container = await this.docker.createContainer(options);
      try {
        await container.start();
      } catch (error) {
        await container.remove({ force: true, v: true }).catch(() => undefined);
        throw error;
      }
      return { id: container.id };
    });
  }

  async start(name: string): Promise<boolean> {
    return this.#try(async () => {
      const container = this.docker.getContainer(name);
      if (!(await unlessMissing(container.inspect()))) return false;
      // 304: it runs already.
      await ignoring([304], container.start());
      return true;
    });
  }

  async stop(name: string): Promise<void> {
    await this.#try(() => ignoring([304, 404], this.docker.getContainer(name).stop({ t: 15 })));
  }

  async remove(name: string): Promise<void> {
    // 409: somebody else is removing it at this moment.
    await this.#try(() => ignoring([404, 409], this.docker.getContainer(name).remove({ force: true, v: true })));
  }

  async inspect(name: string): Promise<ContainerFacts | undefined> {
    return this.#try(async () => {
      const found = await unlessMissing(this.docker.getContainer(name).inspect());
      if (!found) return undefined;
      const { State, HostConfig } = found;
      const bindings = (HostConfig.PortBindings ?? {}) as Record<string, { HostPort?: string }[]>;
      const port = Number(bindings[`${INNER_PORT}/tcp`]?.[0]?.HostPort);
      return {
        id: found.Id,
        status: State.Status,
        health: State.Health?.Status,
        outOfMemory: State.OOMKilled,
        exitCode: State.ExitCode,
        error: State.Error,
        restarts: found.RestartCount,
        port: port > 0 ? port : undefined,
        image: found.Image,
      };
    });
  }

  async log(name: string, lines: number): Promise<Uint8Array> {
    return this.#try(async () => {
      const options = { stdout: true, stderr: true, tail: lines, follow: false } as const;
      const content = await unlessMissing(this.docker.getContainer(name).logs(options));
      return content ? demultiplex(content) : new Uint8Array();
    });
  }

  async usage(name: string): Promise<{ cpuSeconds: number; memory: number }> {
    return this.#try(async () => {
      // One sample costs 4 ms; asking for a difference would take the engine two seconds.
      const stats = await this.docker.getContainer(name).stats({ stream: false, 'one-shot': true });
      const { usage = 0, stats: detail } = stats.memory_stats;
      const cache = (detail as { inactive_file?: number } | undefined)?.inactive_file ?? 0;
      return { cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / 1e9, memory: Math.max(0, usage - cache) };
    });
  }

  async list(home: string): Promise<ListedContainer[]> {
    return this.#try(async () => {
      const filters = { label: [`${LABELS.home}=${home}`, LABELS.deployment] };
      const found = await this.docker.listContainers({ all: true, filters });
      return found.map(({ Names, Labels }) => ({
        name: (Names[0] ?? '').replace(/^\//, ''),
        workspace: Labels[LABELS.workspace] ?? '',
        deployment: Labels[LABELS.deployment] ?? '',
      }));
    });
  }

  /** JSON lines about this home's containers, until the engine goes away. */
  async events(home: string): Promise<Readable> {
    const filters = JSON.stringify({ type: ['container'], label: [`${LABELS.home}=${home}`] });
    return this.#try(async () => (await this.docker.getEvents({ filters })) as Readable);
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainEngineError(error, this.address);
    }
  }
}

function connect(address: string): Docker {
  const pipe = /^(?:unix|npipe):\/\/(.*)$/.exec(address)?.[1];
  // For TCP dockerode reads DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, which this child was given.
  return pipe === undefined ? new Docker() : new Docker({ socketPath: pipe });
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  return ignoring([404], work);
}

async function ignoring<T>(codes: readonly number[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codes.includes((error as { statusCode?: number }).statusCode ?? 0)) return undefined;
    throw error;
  }
}

/** Takes the engine's frames apart: one byte of stream, three unused, four of length, then the content. */
export function demultiplex(content: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= content.length; ) {
    const length = content.readUInt32BE(at + 4);
    parts.push(content.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts);
}
