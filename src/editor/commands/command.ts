import type { Activity } from '../../shared/domain/activity.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { Model, ModelVersion } from '../../shared/domain/model.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import type { Experiment, Workspace } from '../../shared/domain/workspace.ts';
import type { CommandId, commands, SubjectKind } from '../contributions.ts';

export interface ModelAndVersion {
  readonly model: Model;
  readonly version: ModelVersion;
}

/** What a command is handed, by the kind that `contributions.ts` gives it. */
export interface Subjects {
  none: undefined;
  /** As it came: whatever the caller passed first. */
  any: unknown;
  place: unknown;
  source: unknown;
  run: RunSummary;
  runs: readonly RunSummary[];
  deletedRuns: readonly RunSummary[];
  experiment: Experiment;
  model: Model;
  version: ModelAndVersion;
  deployment: Deployment;
  workspace: Workspace;
  activity: Activity;
}

export type SubjectOf<K extends CommandId> = Subjects[(typeof commands)[K]];
/** One of the things, where a command may take several. */
export type OneOf<K extends SubjectKind> = Subjects[K] extends readonly (infer T)[] ? T : Subjects[K];

export interface Command<K extends CommandId> {
  /** `more` is what the caller passed beside the subject. */
  run(subject: SubjectOf<K>, more: readonly unknown[]): unknown;
  /** Starts programs or writes to the folder, which an untrusted folder may not. */
  readonly trusted?: boolean;
  /** Question of the pick when nothing was given, such as `Run to cancel`. */
  readonly ask?: string;
  /** Which of the things can be picked; the others are not offered. */
  where?(thing: OneOf<(typeof commands)[K]>): boolean;
  /** What is meant when nothing was given, such as the ticked runs; undefined asks. */
  preset?(): Promise<SubjectOf<K> | undefined>;
  /** Said when nothing can be picked. */
  readonly nothing?: string;
}

export type CommandTable = { readonly [K in CommandId]: Command<K> };
/** A part of the table; all parts together must have every command, or `register.ts` does not compile. */
export type Commands<K extends CommandId> = Pick<CommandTable, K>;
