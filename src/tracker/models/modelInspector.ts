import { stat } from 'node:fs/promises';
import { Problem } from '../../shared/api/error.ts';
import type { ModelInspection } from '../../shared/domain/model.ts';
import { Child, ChildDied } from '../childProcess/child.ts';

export interface SurveyedFiles {
  readonly format: string;
  readonly base: string;
  readonly entry: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

const GIGABYTE = 1024 ** 3;

export interface InspectorOptions {
  /** Milliseconds that looking at one model may take. */
  readonly timeoutMs?: number;
  /** Bytes that the child may use beside what the file's own size asks for. */
  readonly memory?: number;
}

/** Looks into model files in a child of its own for each look, so that whatever a file does, it does not do it here. */
export class ModelInspector {
  readonly #timeoutMs: number;
  readonly #memory: number;

  constructor(options: InspectorOptions = {}) {
    this.#timeoutMs = options.timeoutMs ?? 120_000;
    this.#memory = options.memory ?? 1.5 * GIGABYTE;
  }

  /** Which files make up the model at a path. @throws Problem */
  survey(source: string, signal?: AbortSignal): Promise<SurveyedFiles> {
    return this.#ask('survey', source, signal);
  }

  /** @throws Problem `invalid-model`, `unsupported-opset`, `not-found`, … */
  inspect(source: string, signal?: AbortSignal): Promise<ModelInspection> {
    return this.#ask('inspect', source, signal);
  }

  async #ask<T>(method: string, source: string, signal?: AbortSignal): Promise<T> {
    // A model is read once by us and once or twice by onnxruntime; folders are judged by their largest files' limit.
    const size = await stat(source).then(
      ({ size }) => size,
      () => 0,
    );
    const child = new Child({
      program: 'children/inspectModel',
      limits: { memory: this.#memory + 4 * size, heapMegabytes: 512, cpuSeconds: Math.ceil(this.#timeoutMs / 500) },
    });
    const abort = () => child.kill();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await child.call<T>(method, { source }, { timeoutMs: this.#timeoutMs });
    } catch (error) {
      if (signal?.aborted) throw new Problem('cancelled', 'Cancelled.');
      throw error instanceof ChildDied ? explainDeath(error) : error;
    } finally {
      signal?.removeEventListener('abort', abort);
      child.kill();
    }
  }
}

const ONLY_THERE = 'Nothing was changed. If the model is your own, open it with onnxruntime in Python to see more.';

function explainDeath(death: ChildDied): Problem {
  if (death.timedOut) {
    return new Problem('invalid-model', 'Looking into the model took too long, so it was ended.', { hint: ONLY_THERE });
  }
  if (death.outOfMemory) {
    return new Problem('invalid-model', 'The model asks for more memory than a file of its size should need.', {
      hint: ONLY_THERE,
    });
  }
  const how = death.signal ?? `exit code ${death.exitCode}`;
  return new Problem('invalid-model', `The model ended the process that looked into it (${how}).`, {
    hint: ONLY_THERE,
    details: death.lastWords === '' ? undefined : death.lastWords.split('\n').slice(-5),
  });
}
