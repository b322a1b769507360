import type { ContainerCreateOptions } from 'dockerode';
import type { BuiltImage } from '../serviceHost.ts';
import type { EnginePlatform } from './contextFiles.ts';
import type { ImagePlan } from './describeImage.ts';

/** What the tracker and the Docker child say to each other: method → [argument, result]. */
export interface EngineCalls {
  /** Platform and version of the engine; the way to learn whether there is one. */
  ping: [Record<string, never>, EnginePlatform & { version: string }];
  build: [{ plan: ImagePlan }, BuiltImage];
  /** The image of this tag, if it is there. */
  findImage: [{ tag: string }, BuiltImage | undefined];
  removeImage: [{ tag: string }, undefined];
  /** Makes and starts a container; on failure it is removed again. */
  run: [{ options: ContainerCreateOptions }, { id: string }];
  /** Starts a stopped container. False when there is none of this name. */
  start: [{ name: string }, boolean];
  stop: [{ name: string }, undefined];
  remove: [{ name: string }, undefined];
  inspect: [{ name: string }, ContainerFacts | undefined];
  log: [{ name: string; lines: number }, Uint8Array];
  usage: [{ name: string }, { cpuSeconds: number; memory: number }];
  list: [{ home: string }, ListedContainer[]];
  /** Begins to send `EngineEvent`s about a home's containers; once, until the child ends. */
  watch: [{ home: string }, undefined];
}

/** A container of a home, by its labels. */
export interface ListedContainer {
  readonly name: string;
  readonly workspace: string;
  readonly deployment: string;
}

/** What matters of a container's state. */
export interface ContainerFacts {
  readonly id: string;
  readonly status: string;
  readonly health: string | undefined;
  readonly outOfMemory: boolean;
  readonly exitCode: number;
  readonly error: string;
  readonly restarts: number;
  /** The host port that the container is bound to. */
  readonly port: number | undefined;
  readonly image: string;
}

export type EngineEvent =
  | { readonly type: 'container'; readonly deployment: string; readonly action: string; readonly at: number }
  /** The stream of events ended; what is known may be stale. */
  | { readonly type: 'lost' }
  /** The engine answers again. */
  | { readonly type: 'back' };
