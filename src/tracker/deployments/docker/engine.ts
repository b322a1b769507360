import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import { Child, ChildDied } from '../../childProcess/child.ts';
import type { BuildNotice } from './buildImage.ts';
import type { EngineCalls, EngineEvent } from './engineCalls.ts';

/**
 * Where the engine is: DOCKER_HOST, or the first socket of those that Docker, Docker Desktop, Colima and Rancher
 * Desktop make.
 */
export function defaultEngine(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.DOCKER_HOST) return env.DOCKER_HOST;
  if (platform === 'win32') return 'npipe:////./pipe/docker_engine';
  const home = os.homedir();
  const sockets = [
    '.docker/run/docker.sock',
    '.docker/desktop/docker.sock',
    '.colima/default/docker.sock',
    '.rd/docker.sock',
  ];
  const places = ['/var/run/docker.sock', ...sockets.map((name) => path.join(home, name))];
  return `unix://${places.find((place) => fs.existsSync(place)) ?? places[0]}`;
}

const KNOWN = /^(unix:\/\/\/|npipe:\/\/|tcp:\/\/|https?:\/\/)/;

/** One engine, spoken to through a child that is started when there is something to say and leaves when idle. */
export class Engine {
  readonly address: string;
  readonly #idleMs: number;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  #child: Child | undefined;
  #idle: NodeJS.Timeout | undefined;
  #watched: string | undefined;
  #closed = false;

  constructor(address: string, options: { idleMs?: number } = {}) {
    if (!KNOWN.test(address)) {
      throw new Problem('invalid', `The Docker engine address ${JSON.stringify(address)} is not supported.`, {
        hint: 'Use unix:///path/docker.sock, npipe:////./pipe/docker_engine, or tcp://host:port.',
      });
    }
    this.address = address;
    this.#idleMs = options.idleMs ?? 30_000;
  }

  /** @throws Problem in words for people */
  async call<K extends keyof EngineCalls>(
    method: K,
    argument: EngineCalls[K][0],
    options: { signal?: AbortSignal; onNotice?(notice: BuildNotice): void; timeoutMs?: number } = {},
  ): Promise<EngineCalls[K][1]> {
    const child = this.#running();
    try {
      return await child.call(method, argument, {
        signal: options.signal,
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        onNotice: (value) => options.onNotice?.(value as BuildNotice),
      });
    } catch (error) {
      if (!(error instanceof ChildDied)) throw error;
      throw new Problem('engine-failed', `The Docker engine at ${this.address} gave no answer.`, {
        hint: 'Look whether it runs; `docker info` says more.',
        details: error.lastWords === '' ? undefined : error.lastWords.split('\n').slice(-5),
      });
    } finally {
      this.#rest();
    }
  }

  /** Follows the containers of a home. While somebody follows, the child stays. */
  watch(home: string, listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#watched = home;
    this.#running();
    return () => {
      this.#listeners.delete(listener);
      this.#rest();
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#listeners.clear();
    this.#child?.kill();
  }

  #running(): Child {
    clearTimeout(this.#idle);
    if (this.#child && !this.#child.ended) return this.#watchWith(this.#child);
    const env: NodeJS.ProcessEnv = { DOCKER_HOST: this.address };
    for (const name of ['DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH']) if (process.env[name]) env[name] = process.env[name];
    this.#child = new Child({
      program: 'children/docker',
      env,
      onEvent: (event) => {
        for (const listener of this.#listeners) listener(event as EngineEvent);
      },
      onExit: () => {
        this.#isWatching = false;
        // A child that dies while somebody follows is replaced; a moment later, in case it dies at once.
        if (this.#listeners.size > 0 && !this.#closed) setTimeout(() => this.#revive(), 1000).unref();
      },
    });
    return this.#watchWith(this.#child);
  }

  #isWatching = false;

  #watchWith(child: Child): Child {
    if (this.#listeners.size > 0 && !this.#isWatching && this.#watched !== undefined) {
      this.#isWatching = true;
      child.call('watch', { home: this.#watched }).catch(() => undefined);
    }
    return child;
  }

  #revive(): void {
    if (this.#listeners.size > 0 && !this.#closed) this.#running();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#listeners.size > 0 || this.#closed) return;
    this.#idle = setTimeout(() => {
      if (!this.#child?.busy) this.#child?.kill();
    }, this.#idleMs).unref();
  }
}
