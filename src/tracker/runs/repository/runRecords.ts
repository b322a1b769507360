import type { MediaEntry, RunInput } from '../../../shared/domain/run.ts';
import type { Db } from '../../store/database.ts';

export interface LoggedModelRow {
  readonly name: string;
  readonly path: string;
  /** Names the record for ever, so that taking it in twice registers once. */
  readonly request: string;
}

/**
 * What runs log beside metrics, and how far their files have been taken in. Writing methods are to be called inside a
 * job of the workspace's writer; each is safe to repeat.
 */
export class RunRecords {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  setParams(id: string, params: Readonly<Record<string, string>>): void {
    const put = this.#db.prepare('INSERT OR REPLACE INTO run_param (run, key, value) VALUES (?, ?, ?)');
    for (const [key, value] of Object.entries(params)) put.run(id, key, value);
  }

  setInput(id: string, input: RunInput): void {
    this.#db
      .prepare(
        'INSERT OR REPLACE INTO run_input (run, name, path, hash, bytes, files, problem) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(
        id,
        input.name,
        input.path,
        input.hash ?? null,
        input.bytes ?? null,
        input.files ?? null,
        input.problem ?? null,
      );
  }

  addMedia(id: string, media: MediaEntry): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO run_media (run, key, step, kind, time, path) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, media.key, media.step, media.kind, media.time, media.path);
  }

  addModel(id: string, model: LoggedModelRow): void {
    this.#db
      .prepare('INSERT OR IGNORE INTO run_model (run, name, path, request) VALUES (?, ?, ?, ?)')
      .run(id, model.name, model.path, model.request);
  }

  /** Models that the registry has not taken in yet. */
  models(id: string): LoggedModelRow[] {
    return this.#db
      .prepare<[string], LoggedModelRow>(
        'SELECT name, path, request FROM run_model WHERE run = ? AND done = 0 ORDER BY request',
      )
      .all(id);
  }

  runsWithModels(): string[] {
    return this.#db.prepare<[], string>('SELECT DISTINCT run FROM run_model WHERE done = 0').pluck().all();
  }

  markModel(id: string, request: string, problem: string | undefined): void {
    this.#db
      .prepare('UPDATE run_model SET done = 1, problem = ? WHERE run = ? AND request = ?')
      .run(problem ?? null, id, request);
  }

  /** How far each file of the run has been taken in. */
  sources(id: string): { file: string; offset: number }[] {
    return this.#db
      .prepare<[string], { file: string; offset: number }>('SELECT file, offset FROM run_source WHERE run = ?')
      .all(id);
  }

  setSource(id: string, file: string, offset: number): void {
    this.#db.prepare('INSERT OR REPLACE INTO run_source (run, file, offset) VALUES (?, ?, ?)').run(id, file, offset);
  }

  nameChild(id: string, child: { readonly name: string; readonly parent: string; readonly startedAt: number }): void {
    this.#db
      .prepare('UPDATE run SET name = ?, parent = ?, started_at = ?, created_at = ? WHERE id = ?')
      .run(child.name, child.parent, child.startedAt, child.startedAt, id);
  }
}
