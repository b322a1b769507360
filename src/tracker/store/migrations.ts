import { METRIC_SCHEMA } from '../metrics/schema.ts';
import { modelSchema } from '../models/modelSchema.ts';
import { coreSchema } from './coreSchema.ts';
import type { Migration } from './migration.ts';

/** The schema of a workspace's database, step by step. Append only. */
export const workspaceMigrations: readonly Migration[] = [
  coreSchema,
  { name: 'metrics', up: METRIC_SCHEMA },
  modelSchema,
];
