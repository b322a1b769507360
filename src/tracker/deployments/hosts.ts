import type { Problem } from '../../shared/api/error.ts';
import { DockerHost, type DockerHostOptions } from './docker/dockerHost.ts';
import { defaultEngine, Engine } from './docker/engine.ts';
import { ProcessHost } from './process/processHost.ts';
import type { ServiceHost } from './serviceHost.ts';

export interface Choice {
  readonly host: ServiceHost;
  /** Address of the engine, for `docker`. */
  readonly engine: string | undefined;
  /** What the person should know about the choice. */
  readonly note: string | undefined;
}

export interface HostsOptions extends Omit<DockerHostOptions, 'engine'> {
  /** Told which service to look at; without an id, at all. */
  onChange(id?: string): void;
}

const ANSWER_MS = 5000;

/** The hosts of this tracker: one for local processes and one for each Docker engine, made at first use. */
export class Hosts {
  readonly #options: HostsOptions;
  readonly #engines = new Map<string, DockerHost>();
  #processes: ProcessHost | undefined;
  readonly #followed = new Set<ServiceHost>();

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  /**
   * The host that was asked for; where none was, Docker if an engine answers, else processes and a plain word about it.
   *
   * @throws Problem when Docker was asked for and there is none
   */
  async choose(kind: 'docker' | 'process' | undefined, engine: string | undefined): Promise<Choice> {
    if (kind === 'process') {
      return { host: this.processes(), engine: undefined, note: 'It runs as a local process, not in a container.' };
    }
    const address = engine ?? defaultEngine();
    try {
      const host = this.docker(address);
      await host.engine.call('ping', {}, { timeoutMs: ANSWER_MS });
      return { host, engine: address, note: undefined };
    } catch (error) {
      if (kind === 'docker' || engine !== undefined) throw error;
      const why = (error as Problem).message;
      return {
        host: this.processes(),
        engine: undefined,
        note: `${why} So it runs as a local process, not in a container.`,
      };
    }
  }

  of(kind: 'docker' | 'process', engine: string | null): ServiceHost {
    return kind === 'process' ? this.processes() : this.docker(engine ?? defaultEngine());
  }

  docker(address: string): DockerHost {
    let host = this.#engines.get(address);
    if (!host) {
      host = new DockerHost({ ...this.#options, engine: new Engine(address) });
      this.#engines.set(address, host);
    }
    return host;
  }

  processes(): ProcessHost {
    this.#processes ??= new ProcessHost(this.#options.program);
    return this.#processes;
  }

  /** From now on the host tells of changes; asked again, nothing more happens. */
  follow(host: ServiceHost): void {
    if (this.#followed.has(host)) return;
    this.#followed.add(host);
    host.follow((id) => this.#options.onChange(id));
  }

  close(): void {
    for (const host of this.#engines.values()) host.close();
    this.#processes?.close();
  }
}
