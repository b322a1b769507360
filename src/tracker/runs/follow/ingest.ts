import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { MAX_LINE_BYTES, readHelperLines } from '../../../shared/helperRecords.ts';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Logger } from '../../lifecycle/log.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import { type Applied, applyRecords } from './applyRecords.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * Takes in what the processes of a run append to `metrics/*.jsonl`. How far a file has been taken in is written in the
 * same transaction as what was taken, so a kill at any moment neither loses nor doubles a point. Memory is bounded by
 * one chunk, however much has been written.
 */
export class RunIngest {
  readonly #scope: RunScope;
  readonly #run: string;
  readonly #log: Logger;
  readonly #folder: string;
  readonly #offsets = new Map<string, number>();

  constructor(scope: RunScope, run: string, log: Logger) {
    this.#scope = scope;
    this.#run = run;
    this.#log = log;
    this.#folder = path.join(runDirectory(scope, run), RUN_FILES.metrics);
    for (const { file, offset } of scope.records.sources(run)) this.#offsets.set(file, offset);
  }

  /** Takes in everything that is there now; resolves once it is committed. `applied` is told after each commit. */
  async pump(applied: (change: Applied) => void): Promise<void> {
    for (const file of await this.#files()) await this.#pumpFile(file, applied);
  }

  async #files(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => name.endsWith('.jsonl')).sort();
  }

  async #pumpFile(file: string, applied: (change: Applied) => void): Promise<void> {
    const handle = await open(path.join(this.#folder, file), 'r').catch(() => undefined);
    if (handle === undefined) return;
    try {
      const { size } = await handle.stat();
      let chunk = CHUNK_BYTES;
      let buffer: Buffer | undefined;
      for (;;) {
        const from = this.#offsets.get(file) ?? 0;
        if (from >= size) return;
        if (buffer === undefined || buffer.length < chunk) buffer = Buffer.allocUnsafe(chunk);
        const { bytesRead } = await handle.read(buffer, 0, Math.min(chunk, size - from), from);
        const { records, problems, consumed } = readHelperLines(buffer.subarray(0, bytesRead), from);
        if (problems.length > 0) {
          // The first stands for all: a file of rubbish must not become a log of the same size.
          const left = { run: this.#run, file, records: problems.length, ...problems[0] };
          this.#log.warn(left, 'records of the logging helper were left out');
        }
        if (consumed === 0) {
          // A line longer than the chunk, or one that is still being written.
          if (from + bytesRead >= size || chunk > MAX_LINE_BYTES) return;
          chunk = MAX_LINE_BYTES + 1;
          continue;
        }
        const change = await this.#scope.store.writer.write(() => {
          const done = applyRecords(this.#scope, this.#run, records);
          this.#scope.records.setSource(this.#run, file, from + consumed);
          return done;
        });
        this.#offsets.set(file, from + consumed);
        applied(change);
      }
    } finally {
      await handle.close();
    }
  }
}
