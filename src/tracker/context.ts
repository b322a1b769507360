import type { ActivityBoard } from './activities/activityBoard.ts';
import type { EventHub } from './api/eventHub.ts';
import type { Home } from './lifecycle/home.ts';
import type { Logger } from './lifecycle/log.ts';
import type { Tokens } from './lifecycle/tokens.ts';
import type { Workspaces } from './workspaces/workspaces.ts';

/**
 * What every part of the tracker is handed: named, few, and made in one place (`compose.ts`). A part takes the context and
 * returns its handlers and what has to be started and stopped; parts do not look each other up.
 */
export interface TrackerContext {
  readonly version: string;
  readonly home: Home;
  readonly log: Logger;
  readonly events: EventHub;
  readonly workspaces: Workspaces;
  readonly activities: ActivityBoard;
  /** Makes the tokens of runs and terminals: `tokens.mint({ kind: 'run', workspace, run })`. */
  readonly tokens: Tokens;
  /** `http://127.0.0.1:PORT`, known once the tracker listens. */
  readonly address: () => string;
}
