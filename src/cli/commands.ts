import type { Command } from './command.ts';
import { api, openapi } from './commands/api.ts';
import { backup, restore } from './commands/backups.ts';
import { deploy, deployments } from './commands/deploy.ts';
import { doctor } from './commands/doctor.ts';
import { env } from './commands/env.ts';
import { importOffline } from './commands/importOffline.ts';
import { logs } from './commands/logs.ts';
import { metrics } from './commands/metrics.ts';
import { modelRegister, models, predict } from './commands/models.ts';
import { runShow } from './commands/runShow.ts';
import { runs } from './commands/runs.ts';
import { cancel, runDelete, runRestore, runRetry } from './commands/runVerbs.ts';
import { tracker, trackerStop } from './commands/tracker.ts';
import { train } from './commands/train.ts';
import {
  workspaceCreate,
  workspaceDefault,
  workspaceDelete,
  workspaceMove,
  workspaceRename,
  workspaces,
  workspaceUse,
} from './commands/workspaces.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  train,
  runs,
  runShow,
  runRetry,
  runDelete,
  runRestore,
  importOffline,
  logs,
  metrics,
  cancel,
  models,
  modelRegister,
  predict,
  deploy,
  deployments,
  workspaces,
  workspaceCreate,
  workspaceRename,
  workspaceDefault,
  workspaceUse,
  workspaceDelete,
  workspaceMove,
  backup,
  restore,
  env,
  tracker,
  trackerStop,
  doctor,
  openapi,
  api,
];
