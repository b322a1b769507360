import { Problem } from '../../shared/api/error.ts';
import type { Model, ModelInspection, ModelVersion } from '../../shared/domain/model.ts';
import type { Db } from '../store/database.ts';
import { statements } from '../store/statements.ts';

export interface ModelRow {
  id: string;
  name: string;
  created_at: number;
  updated_at: number;
  note: string | null;
  tags: string;
  last_version: number;
}

export interface VersionRow {
  model: string;
  version: number;
  created_at: number;
  hash: string;
  entry: string;
  source: string;
  run: string | null;
  run_name: string | null;
  snapshot: string | null;
  params: string;
  metrics: string;
  inspection: string;
  note: string | null;
  tags: string;
  request_id: string | null;
}

export const modelStatements = statements((db) => ({
  models: db.prepare<[], ModelRow>('SELECT * FROM model ORDER BY updated_at DESC, name'),
  byName: db.prepare<[string], ModelRow>('SELECT * FROM model WHERE name = ?'),
  byId: db.prepare<[string], ModelRow>('SELECT * FROM model WHERE id = ?'),
  versions: db.prepare<[string], VersionRow>('SELECT * FROM model_version WHERE model = ? ORDER BY version DESC'),
  version: db.prepare<[string, number], VersionRow>('SELECT * FROM model_version WHERE model = ? AND version = ?'),
  byRequest: db.prepare<[string], VersionRow>('SELECT * FROM model_version WHERE request_id = ?'),
  ofRun: db.prepare<[string], { name: string; version: number }>(
    `SELECT m.name, v.version FROM model_version v JOIN model m ON m.id = v.model WHERE v.run = ?
     ORDER BY m.name, v.version`,
  ),
  places: db.prepare<[], { model: string; version: number }>('SELECT model, version FROM model_version'),
  insertModel: db.prepare('INSERT INTO model (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)'),
  raise: db.prepare('UPDATE model SET last_version = ?, updated_at = ? WHERE id = ?'),
  insertVersion: db.prepare(
    `INSERT INTO model_version (model, version, created_at, hash, entry, source, run, run_name, snapshot, params,
       metrics, inspection, note, tags, request_id)
     VALUES (@model, @version, @created_at, @hash, @entry, @source, @run, @run_name, @snapshot, @params, @metrics,
       @inspection, @note, @tags, @request_id)`,
  ),
  updateModel: db.prepare('UPDATE model SET name = ?, note = ?, tags = ?, updated_at = ? WHERE id = ?'),
  updateVersion: db.prepare('UPDATE model_version SET note = ?, tags = ? WHERE model = ? AND version = ?'),
  touch: db.prepare('UPDATE model SET updated_at = ? WHERE id = ?'),
  deleteModel: db.prepare('DELETE FROM model WHERE id = ?'),
  deleteVersion: db.prepare('DELETE FROM model_version WHERE model = ? AND version = ?'),
  deleteVersions: db.prepare('DELETE FROM model_version WHERE model = ?'),
  aliases: db.prepare<[string], { alias: string; version: number }>(
    'SELECT alias, version FROM model_alias WHERE model = ? ORDER BY alias',
  ),
  setAlias: db.prepare('INSERT OR REPLACE INTO model_alias (model, alias, version) VALUES (?, ?, ?)'),
  dropAlias: db.prepare('DELETE FROM model_alias WHERE model = ? AND alias = ?'),
  dropAliasesOf: db.prepare('DELETE FROM model_alias WHERE model = ? AND version = ?'),
  images: db.prepare<[string, number], { tag: string }>(
    'SELECT DISTINCT tag FROM image WHERE model = ? AND version = ? ORDER BY tag',
  ),
  deployments: db.prepare<[string, number], { name: string }>(
    'SELECT name FROM deployment WHERE model = ? AND version = ? ORDER BY name',
  ),
}));

/** @throws Problem `not-found` */
export function findModel(db: Db, name: string): ModelRow {
  const row = modelStatements(db).byName.get(name);
  if (!row) {
    throw new Problem('not-found', `There is no model ${JSON.stringify(name)}.`, {
      hint: 'List them with `trainyard models`.',
    });
  }
  return row;
}

/** `which` is a number, `latest`, or an alias. @throws Problem `not-found` */
export function findVersion(db: Db, model: ModelRow, which: string): VersionRow {
  const { versions, version, aliases } = modelStatements(db);
  let row: VersionRow | undefined;
  if (/^\d{1,9}$/.test(which)) row = version.get(model.id, Number(which));
  else if (which === 'latest') row = versions.get(model.id);
  else {
    const alias = aliases.all(model.id).find((one) => one.alias === which);
    row = alias && version.get(model.id, alias.version);
  }
  if (row) return row;
  const all = versions.all(model.id).map((one) => one.version);
  throw new Problem('not-found', `The model ${JSON.stringify(model.name)} has no version ${JSON.stringify(which)}.`, {
    hint: all.length === 0 ? 'It has no versions.' : `It has ${all.slice(0, 10).join(', ')}.`,
  });
}

/** Who uses a version, in words: images and deployments. */
export function usersOfVersion(db: Db, model: string, version: number): string[] {
  const { images, deployments } = modelStatements(db);
  return [
    ...images.all(model, version).map(({ tag }) => `image ${tag}`),
    ...deployments.all(model, version).map(({ name }) => `deployment ${name}`),
  ];
}

export function toModel(db: Db, row: ModelRow): Model {
  const { versions, aliases } = modelStatements(db);
  const rows = versions.all(row.id);
  return {
    name: row.name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.note === null ? {} : { note: row.note }),
    tags: parseTags(row.tags),
    aliases: Object.fromEntries(aliases.all(row.id).map(({ alias, version }) => [alias, version])),
    latestVersion: rows[0]?.version ?? 0,
    versions: rows.map((version) => toVersion(db, row, version)),
  };
}

export function toVersion(db: Db, model: ModelRow, row: VersionRow): ModelVersion {
  const aliases = modelStatements(db).aliases.all(model.id);
  return {
    ...(JSON.parse(row.inspection) as ModelInspection),
    model: model.name,
    version: row.version,
    createdAt: row.created_at,
    hash: row.hash,
    ...(row.run === null ? {} : { run: row.run }),
    ...(row.run_name === null ? {} : { runName: row.run_name }),
    source: row.source,
    ...(row.snapshot === null ? {} : { snapshot: row.snapshot }),
    params: parseTags(row.params),
    metrics: JSON.parse(row.metrics) as Record<string, number>,
    ...(row.note === null ? {} : { note: row.note }),
    tags: parseTags(row.tags),
    aliases: aliases.filter((one) => one.version === row.version).map((one) => one.alias),
    usedBy: usersOfVersion(db, model.id, row.version),
  };
}

export function parseTags(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>;
}

/** An empty value removes a tag. */
export function mergeTags(current: string, change: Readonly<Record<string, string>> | undefined): string {
  const merged = { ...parseTags(current), ...change };
  return JSON.stringify(Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== '')));
}
