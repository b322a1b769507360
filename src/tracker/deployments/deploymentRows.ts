import { Problem } from '../../shared/api/error.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { Signature } from '../../shared/domain/model.ts';
import type { Db } from '../store/database.ts';
import { statements } from '../store/statements.ts';

export interface DeploymentRow {
  id: string;
  name: string;
  /** Id of the model; its name is found beside it. */
  model: string;
  model_name: string;
  version: number;
  kind: 'docker' | 'process';
  state: Deployment['state'];
  /** What the person wants; the state follows it as well as it can. */
  wanted: 'running' | 'stopped';
  message: string | null;
  /** What is worth knowing as long as it lives, such as why it is a local process. */
  note: string | null;
  port: number | null;
  image: string | null;
  container: string | null;
  base_image: string | null;
  engine: string | null;
  cpus: number | null;
  memory: number | null;
  restart: Deployment['restart'];
  created_at: number;
  updated_at: number;
}

const select = 'SELECT d.*, m.name AS model_name FROM deployment d JOIN model m ON m.id = d.model';

export const deploymentStatements = statements((db) => ({
  list: db.prepare<[], DeploymentRow>(`${select} ORDER BY d.created_at DESC, d.name`),
  byId: db.prepare<[string], DeploymentRow>(`${select} WHERE d.id = ?`),
  byName: db.prepare<[string], DeploymentRow>(`${select} WHERE d.name = ?`),
  insert: db.prepare(
    `INSERT INTO deployment (id, name, model, version, kind, state, wanted, message, note, port, image, container,
       base_image, engine, cpus, memory, restart, created_at, updated_at)
     VALUES (@id, @name, @model, @version, @kind, @state, @wanted, @message, @note, @port, @image, @container,
       @base_image, @engine, @cpus, @memory, @restart, @created_at, @updated_at)`,
  ),
  update: db.prepare(
    `UPDATE deployment SET state = @state, wanted = @wanted, message = @message, port = @port, image = @image,
       container = @container, version = @version, model = @model, updated_at = @updated_at WHERE id = @id`,
  ),
  delete: db.prepare('DELETE FROM deployment WHERE id = ?'),
  ports: db.prepare<[], { port: number }>('SELECT port FROM deployment WHERE port IS NOT NULL'),
}));

/** By id or by name. @throws Problem `not-found` */
export function findDeployment(db: Db, which: string): DeploymentRow {
  const { byId, byName } = deploymentStatements(db);
  const row = byId.get(which) ?? byName.get(which);
  if (!row) {
    throw new Problem('not-found', `There is no deployment ${JSON.stringify(which)}.`, {
      hint: 'It may have been deleted; list them again.',
    });
  }
  return row;
}

export function toDeployment(row: DeploymentRow, signature?: Signature): Deployment {
  const message = row.message ?? row.note;
  return {
    id: row.id,
    name: row.name,
    model: row.model_name,
    version: row.version,
    kind: row.kind,
    state: row.state,
    ...(message === null ? {} : { message }),
    ...(row.port === null ? {} : { url: `http://127.0.0.1:${row.port}`, port: row.port }),
    ...(row.image === null ? {} : { image: row.image }),
    ...(row.container === null ? {} : { container: row.container }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    limits: {
      ...(row.cpus === null ? {} : { cpus: row.cpus }),
      ...(row.memory === null ? {} : { memory: row.memory }),
    },
    restart: row.restart,
    ...(signature === undefined ? {} : { signature }),
  };
}
