import type { MetricStore } from '../metrics/metricStore.ts';
import type { Actor, WorkspaceStore } from '../workspaces/workspaceStore.ts';

/** A model that a run logged, to become the next version of its name. */
export interface LoggedModel {
  readonly run: string;
  readonly name: string;
  /** Inside the run's outputs. */
  readonly path: string;
  /** Equal for the same record, so that taking a record in twice registers once. */
  readonly requestId: string;
}

/** What the runs part is handed by `compose.ts` from the other parts. */
export interface RunServices {
  /** The metric store of a workspace; it has joined the workspace's writer. */
  metrics(store: WorkspaceStore): MetricStore;
  /** A token that is good for one run and those below it. */
  mintRunToken(workspace: string, run: string): string;
  /** Registers a model that a run logged; called once the run has ended and its outputs are in place. */
  registerModel?(store: WorkspaceStore, model: LoggedModel, actor: Actor): Promise<void>;
  /** Who uses something of the run and so forbids its deletion, in words; empty when nobody does. */
  usersOfRun?(store: WorkspaceStore, run: string): readonly string[];
}
