import { Problem } from '../../shared/api/error.ts';
import { Child, ChildDied } from '../childProcess/child.ts';

export interface Prediction {
  readonly predictions: unknown;
  /** Of the prediction alone. */
  readonly milliseconds: number;
  /** Present when the model had to be loaded for it. */
  readonly loadMilliseconds?: number;
}

export interface PredictorOptions {
  /** Milliseconds without a request after which a child leaves. */
  readonly idleMs?: number;
  readonly timeoutMs?: number;
  /** Children at a time; one more ends the one that has been quiet the longest. */
  readonly most?: number;
  /** Bytes that a child may use beside the model's own size. */
  readonly memory?: number;
}

interface Warm {
  readonly child: Child;
  readonly loaded: Promise<number>;
  idle: NodeJS.Timeout | undefined;
}

/** Asks models in children, one for each version that is being tried, kept for a while because a form is sent often. */
export class Predictor {
  readonly #options: Required<PredictorOptions>;
  /** By the model's file, the one used last at the end. */
  readonly #warm = new Map<string, Warm>();

  constructor(options: PredictorOptions = {}) {
    this.#options = { idleMs: 60_000, timeoutMs: 60_000, most: 3, memory: 4 * 1024 ** 3, ...options };
  }

  get children(): number {
    return this.#warm.size;
  }

  /**
   * @param file path of the model
   * @param bytes size of the model, for its limit of memory
   * @throws Problem `invalid` for the input, `invalid-model`, or `model-failed` when it took its process down
   */
  async predict(file: string, bytes: number, input: unknown): Promise<Prediction> {
    const known = this.#warm.get(file);
    const warm = known ?? this.#start(file, bytes);
    clearTimeout(warm.idle);
    this.#warm.delete(file);
    this.#warm.set(file, warm);
    try {
      const loadMilliseconds = await warm.loaded;
      const result = await warm.child.call<Prediction>('predict', { input }, { timeoutMs: this.#options.timeoutMs });
      return known ? result : { ...result, loadMilliseconds };
    } catch (error) {
      throw error instanceof ChildDied ? this.#explain(error) : error;
    } finally {
      clearTimeout(warm.idle);
      warm.idle = setTimeout(() => this.#end(file, warm), this.#options.idleMs).unref();
    }
  }

  /** Ends a version's child, because the version is deleted or the tracker leaves. */
  forget(folder?: string): void {
    for (const [file, warm] of this.#warm) if (folder === undefined || file.startsWith(folder)) this.#end(file, warm);
  }

  #start(file: string, bytes: number): Warm {
    const quiet = [...this.#warm].find(([, warm]) => !warm.child.busy);
    if (this.#warm.size >= this.#options.most && quiet) this.#end(...quiet);
    const child = new Child({
      program: 'children/predict',
      limits: { memory: this.#options.memory + 4 * bytes, heapMegabytes: 1024 },
      onExit: () => {
        if (this.#warm.get(file)?.child === child) this.#warm.delete(file);
      },
    });
    const loaded = child.call<number>('load', { file }, { timeoutMs: this.#options.timeoutMs });
    // A model that does not load leaves nothing worth keeping warm.
    loaded.catch(() => child.kill());
    return { child, loaded, idle: undefined };
  }

  #end(file: string, warm: Warm): void {
    clearTimeout(warm.idle);
    if (this.#warm.get(file) === warm) this.#warm.delete(file);
    warm.child.kill();
  }

  #explain(death: ChildDied): Problem {
    const hint = 'The tracker and your other models are not touched by it. Try a smaller input.';
    if (death.timedOut) {
      const seconds = this.#options.timeoutMs / 1000;
      return new Problem('model-failed', `The model gave no answer in ${seconds} s, so it was ended.`, { hint });
    }
    if (death.outOfMemory) return new Problem('model-failed', 'The model ran out of memory.', { hint });
    const how = death.signal ?? `exit code ${death.exitCode}`;
    const details = death.lastWords === '' ? undefined : death.lastWords.split('\n').slice(-5);
    return new Problem('model-failed', `The model ended its own process (${how}).`, { hint, details });
  }
}
