import { Problem } from '../../shared/api/problem.ts';
import type { Workspace } from '../../shared/domain/workspace.ts';
import type { WorkspaceStore } from './workspaceStore.ts';

/** Every workspace of the home, opened on first use. */
export interface Workspaces {
  list(): Workspace[];
  /** Accepts an id or `default`. @throws Problem `not-found`, `corrupt`, `newer`. */
  open(id: string): WorkspaceStore;
  /** All workspaces that can be opened; those that cannot are logged and left out. */
  all(): WorkspaceStore[];
  /** Told before the database of a workspace closes (deletion, end of the tracker): let go of what hangs on it. */
  onClosing(listener: (store: WorkspaceStore) => void): void;
}

export function noSuchWorkspace(id: string): Problem {
  return new Problem('not-found', `No workspace ${id}.`, { hint: 'List them with `trainyard workspaces`.' });
}
