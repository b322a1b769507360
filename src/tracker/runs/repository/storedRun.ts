import { Problem } from '../../../shared/api/error.ts';
import type { RunDetail, RunEnd, RunState } from '../../../shared/domain/run.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';

/** A row of the table `run` without its detail, as SQLite hands it out. */
export interface RunRow {
  readonly id: string;
  readonly experiment: number;
  readonly parent: string | null;
  readonly name: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly activity: string | null;
  readonly end: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly target: string;
  readonly folder: string | null;
  readonly script: string | null;
  readonly configuration: string | null;
  readonly star: number;
  readonly note: string | null;
  readonly supersedes: string | null;
  readonly snapshot: string | null;
  readonly log_bytes: number;
  readonly metric: string | null;
  readonly headline_key: string | null;
  readonly headline_value: number | null;
  readonly headline_direction: 'max' | 'min' | null;
  readonly deleted_at: number | null;
}

/** Everything but `detail`, which may hold a megabyte of diff and is read for one run only. */
export const RUN_COLUMNS =
  `id, experiment, parent, name, state, attempt, activity, end, created_at, started_at, ended_at, target, folder,
  script, configuration, star, note, supersedes, snapshot, log_bytes, metric, headline_key, headline_value,
  headline_direction, deleted_at`
    .split(/,\s*/)
    .map((column) => `run.${column}`)
    .join(', ');

/** Why a run was asked to end: by somebody, by a newer run, or by its own limits. */
export type Asked = 'cancelled' | 'superseded' | 'time-limit' | 'memory-limit';

/** The JSON column `detail`: what is only ever read together with its run. */
export type StoredDetail = Partial<
  Pick<
    RunDetail,
    | 'command'
    | 'workingDirectory'
    | 'host'
    | 'user'
    | 'pid'
    | 'interpreter'
    | 'environment'
    | 'packages'
    | 'variables'
    | 'git'
  >
> & {
  readonly configuration?: RunConfiguration;
  /** Where the files of the run were while it ran: its copy of the snapshot, or the folder itself. */
  readonly executionRoot?: string;
  /** Paths of the copy that are links to the person's own data. */
  readonly links?: readonly { readonly path: string; readonly source: string }[];
  /** When the wrapper was about to be started, and in which boot: a tracker that finds it must not start it again. */
  readonly launchedAt?: number;
  readonly launchedBoot?: string;
  /** Why an end was asked for, until it has come. */
  readonly ending?: Asked;
};

export function parseEnd(text: string | null): RunEnd | undefined {
  return text === null ? undefined : (JSON.parse(text) as RunEnd);
}

export function noSuchRun(id: string): Problem {
  return new Problem('not-found', `No run ${id} in this workspace.`, {
    hint: 'It may have been deleted, or belong to another workspace; `trainyard runs` lists what is here.',
  });
}
