import { Child } from '../childProcess/child.ts';
import type { Collected } from './collect.ts';
import type { InputHash } from './inputs.ts';
import type { LinkBack } from './linkBack.ts';
import type { Materialised } from './materialise.ts';
import type { Preview, PreviewLimits } from './preview.ts';
import type { SnapshotStore } from './store.ts';
import type { Taken } from './take.ts';
import type { Progress } from './types.ts';
import type { Verified } from './verify.ts';

/** What a call of the child is told about scanning; the plain data among ScanOptions. */
export interface ScanPlan {
  never?: readonly string[];
  maxFiles?: number;
  globalExcludes?: string | false;
}

export interface Following {
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

const IDLE_MS = 10_000;

/**
 * The costly operations on snapshots in a child process: walking 500,000 files takes half a gigabyte and hashing keeps
 * a processor busy, neither of which the tracker should feel. The child is started by the first call and ends when idle.
 * The store's lock is held on this side, so that collecting stays apart from them. Errors come as Problem.
 */
export class Snapshotter {
  #child: Child | undefined;
  #idle: NodeJS.Timeout | undefined;
  #calls = 0;

  preview(
    folder: string,
    plan: ScanPlan & { limits?: Partial<PreviewLimits>; storeRoot?: string } = {},
    following: Following = {},
  ): Promise<Preview> {
    return this.#call('preview', { folder, plan }, following);
  }

  take(
    folder: string,
    store: SnapshotStore,
    plan: ScanPlan & { maxFileSize?: number; onUnreadable?: 'fail' | 'skip' } = {},
    following: Following = {},
  ): Promise<Taken> {
    return store.lock.shared(() => this.#call('take', { folder, root: store.root, plan }, following));
  }

  materialise(
    store: SnapshotStore,
    id: string,
    target: string,
    plan: { links?: readonly LinkBack[]; folder?: string } = {},
    following: Following = {},
  ): Promise<Materialised> {
    return store.lock.shared(() => this.#call('materialise', { root: store.root, id, target, plan }, following));
  }

  hashInputs(
    paths: readonly string[],
    store: SnapshotStore,
    folder: string,
    following: Following = {},
  ): Promise<InputHash[]> {
    return this.#call('hashInputs', { paths, root: store.root, folder }, following);
  }

  verify(store: SnapshotStore, id: string, following: Following = {}): Promise<Verified> {
    return store.lock.shared(() => this.#call('verify', { root: store.root, id }, following));
  }

  /** Removes what no snapshot of `live` holds; waits until nobody else is at work in the store. */
  collect(store: SnapshotStore, live: readonly string[], plan: { grace?: number } = {}): Promise<Collected> {
    return store.lock.exclusive(() => this.#call('collect', { root: store.root, live, plan }, {}));
  }

  /** Ends the child at once, and with it whatever it does. */
  dispose(): void {
    clearTimeout(this.#idle);
    this.#child?.kill();
    this.#child = undefined;
  }

  async #call<T>(method: string, argument: unknown, following: Following): Promise<T> {
    following.signal?.throwIfAborted();
    clearTimeout(this.#idle);
    if (this.#child === undefined || this.#child.ended) this.#child = new Child({ program: 'children/snapshots' });
    this.#calls += 1;
    const onNotice = (progress: unknown) => following.onProgress?.(progress as Progress);
    try {
      return await this.#child.call<T>(method, argument, { signal: following.signal, onNotice });
    } catch (error) {
      // The child knows of an abort only that there was one; the reason is here.
      following.signal?.throwIfAborted();
      throw error;
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) {
        this.#idle = setTimeout(() => this.dispose(), IDLE_MS);
        this.#idle.unref();
      }
    }
  }
}
