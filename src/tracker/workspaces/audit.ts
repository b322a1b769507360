import type { AuditEntry } from '../../shared/domain/workspace.ts';
import type { Caller } from '../api/handlers.ts';
import type { Db } from '../store/database.ts';
import { statements } from '../store/statements.ts';
import type { Actor } from './workspaceStore.ts';

export interface AuditInput {
  readonly actor: Actor;
  /** create, rename, update, delete, restore, submit, cancel, … */
  readonly action: string;
  /** workspace, experiment, run, model, version, image, deployment, … */
  readonly kind: string;
  /** Id or name of what was changed. */
  readonly subject: string;
  readonly detail?: Record<string, unknown>;
}

interface AuditRow {
  id: number;
  at: number;
  actor: string;
  action: string;
  kind: string;
  subject: string;
  detail: string;
}

const prepared = statements((db) => ({
  insert: db.prepare('INSERT INTO audit (at, actor, action, kind, subject, detail) VALUES (?, ?, ?, ?, ?, ?)'),
  list: db.prepare('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?'),
}));

/**
 * Appends to the audit trail. Call it inside the job that makes the change (`writer.write`), so that the two are one
 * transaction: there is no change without its entry and no entry without its change.
 */
export function audit(db: Db, input: AuditInput): void {
  const { actor, action, kind, subject, detail = {} } = input;
  prepared(db).insert.run(Date.now(), actor, action, kind, subject, JSON.stringify(detail));
}

/** Newest first; `before` is the id to go on from. */
export function listAudit(db: Db, options: { before?: number | undefined; limit?: number | undefined }): AuditEntry[] {
  const rows = prepared(db).list.all(options.before ?? Number.MAX_SAFE_INTEGER, options.limit ?? 100) as AuditRow[];
  return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as Record<string, unknown> }));
}

/** The words by which the trail names a caller. */
export function actorOf(caller: Caller): Actor {
  return caller.kind === 'run' ? `run ${caller.run}` : caller.kind;
}
