import { Problem } from '../../../shared/api/error.ts';
import {
  answersPing,
  type BuiltImage,
  type HostControl,
  type HostState,
  type HostUsage,
  type ServiceHost,
  type ServiceSpec,
} from '../serviceHost.ts';
import { filesBelow, runtimeSource, scoringFiles } from './contextFiles.ts';
import { containerName, describeContainer } from './describeContainer.ts';
import { describeImage, imageTag } from './describeImage.ts';
import type { Engine } from './engine.ts';
import type { ContainerFacts } from './engineCalls.ts';

export interface DockerHostOptions {
  readonly engine: Engine;
  /** Root of the home; containers and images carry it as a label. */
  readonly home: string;
  /** What a service answers to `/version`; part of what an image is. */
  readonly program: string;
  /** Hash of the model's content. */
  hashOf(spec: ServiceSpec): string;
}

/** Runs services as containers of a Docker engine, which keeps and restarts them by itself. */
export class DockerHost implements ServiceHost {
  readonly kind = 'docker';
  readonly restartsByItself = true;
  readonly #options: DockerHostOptions;
  /** When the kernel ended something in a container for want of memory, by deployment. */
  readonly #outOfMemory = new Map<string, number>();
  #building: Promise<unknown> = Promise.resolve();
  readonly #unfollow: (() => void)[] = [];

  constructor(options: DockerHostOptions) {
    this.#options = options;
  }

  get engine(): Engine {
    return this.#options.engine;
  }

  /** An image that was built of the same parts is taken as it is. */
  prepare(spec: ServiceSpec, control: HostControl): Promise<BuiltImage> {
    // One build at a time: a failed one removes unnamed layers, which another might be using.
    const built = this.#building.then(() => this.#build(spec, control));
    this.#building = built.catch(() => undefined);
    return built;
  }

  async #build(spec: ServiceSpec, control: HostControl): Promise<BuiltImage> {
    const { engine, home, program } = this.#options;
    control.signal.throwIfAborted();
    const tag = imageTag(spec, home, program, this.#options.hashOf(spec));
    const present = await engine.call('findImage', { tag });
    if (present) return present;
    const platform = await engine.call('ping', {});
    if (/^tcp:/.test(engine.address) && !process.env.DOCKER_TLS_VERIFY) {
      control.output('Warning: this engine is spoken to without encryption; whoever reaches it owns its machine.\n');
    }
    const runtime = runtimeSource(platform);
    const plan = describeImage({
      spec,
      home,
      program,
      tag,
      programFiles: scoringFiles(),
      runtime,
      modelFiles: filesBelow(spec.modelFolder),
    });
    control.report('Building the image');
    return engine.call(
      'build',
      { plan },
      {
        signal: control.signal,
        onNotice: (notice) => {
          if ('output' in notice) control.output(notice.output);
          else control.report(notice.message, notice.progress);
        },
      },
    );
  }

  async start(spec: ServiceSpec, port: number): Promise<void> {
    const { engine, home } = this.#options;
    const name = containerName(spec);
    this.#outOfMemory.delete(spec.id);
    const present = await engine.call('inspect', { name });
    try {
      if (present?.port === port && (await engine.call('start', { name }))) return;
      await engine.call('run', { options: describeContainer(spec, home, port) });
    } catch (error) {
      if (error instanceof Problem && error.code === 'port-in-use') {
        throw new Problem('port-in-use', `Port ${port} is taken by another program.`);
      }
      if (error instanceof Problem && error.code === 'not-found') {
        throw new Problem('not-found', 'The image of the deployment is gone from the engine.', {
          hint: 'Deploy the model again.',
        });
      }
      throw error;
    }
  }

  async stop(spec: ServiceSpec): Promise<void> {
    await this.engine.call('stop', { name: containerName(spec) });
  }

  async remove(spec: ServiceSpec): Promise<void> {
    this.#outOfMemory.delete(spec.id);
    await this.engine.call('remove', { name: containerName(spec) });
  }

  async look(spec: ServiceSpec, port: number | undefined): Promise<HostState> {
    const facts = await this.engine.call('inspect', { name: containerName(spec) });
    if (!facts) return { state: 'stopped', message: 'The container is gone from the engine.' };
    const memory = this.#outOfMemory.has(spec.id) || facts.outOfMemory;
    const state = judge(facts, memory, spec.limits.memory);
    // The engine's first probe comes seconds after the start; the service may be ready long before.
    const probed = state.state === 'starting' && facts.status === 'running' && port !== undefined;
    return probed && (await answersPing(port)) ? { ...state, state: 'healthy' } : state;
  }

  async log(spec: ServiceSpec, lines: number): Promise<Buffer> {
    return Buffer.from(await this.engine.call('log', { name: containerName(spec), lines }));
  }

  async usage(spec: ServiceSpec): Promise<HostUsage> {
    return this.engine.call('usage', { name: containerName(spec) });
  }

  follow(listener: (id?: string) => void): () => void {
    const stop = this.engine.watch(this.#options.home, (event) => {
      if (event.type !== 'container') {
        listener();
        return;
      }
      if (event.action === 'oom') this.#outOfMemory.set(event.deployment, event.at);
      listener(event.deployment);
    });
    this.#unfollow.push(stop);
    return stop;
  }

  async tidy(isLitter: (workspace: string, id: string) => boolean): Promise<void> {
    for (const { name, workspace, deployment } of await this.engine.call('list', { home: this.#options.home })) {
      if (isLitter(workspace, deployment)) await this.engine.call('remove', { name });
    }
  }

  close(): void {
    for (const stop of this.#unfollow) stop();
    this.engine.close();
  }
}

/** What a container's state means for a deployment. */
export function judge(facts: ContainerFacts, outOfMemory: boolean, limit: number | undefined): HostState {
  const words = outOfMemory ? memoryWords(limit) : undefined;
  switch (facts.status) {
    case 'running':
      if (facts.health === 'unhealthy')
        return { state: 'unhealthy', message: words ?? 'It does not answer its health probe.' };
      return { state: facts.health === 'healthy' ? 'healthy' : 'starting', message: words && `Restarted: ${words}` };
    case 'created':
      return { state: 'starting' };
    case 'restarting':
      return { state: 'unhealthy', message: words ?? `It ended (${endWords(facts)}) and is being restarted.` };
    case 'paused':
      return { state: 'unhealthy', message: 'The container is paused.' };
    default:
      if (words === undefined && (facts.exitCode === 0 || facts.exitCode === 143)) return { state: 'stopped' };
      return { state: 'failed', message: words ?? `It ended: ${endWords(facts)}.` };
  }
}

function memoryWords(limit: number | undefined): string {
  return limit === undefined
    ? 'it ran out of memory.'
    : `it ran out of memory (its limit is ${Math.round(limit / 1_048_576)} MB).`;
}

function endWords({ exitCode, error }: ContainerFacts): string {
  if (error !== '') return error;
  return exitCode > 128 ? `signal ${exitCode - 128}` : `exit code ${exitCode}`;
}
