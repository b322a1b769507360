import path from 'node:path';
import pino from 'pino';
import { ActivityBoard } from '../../src/tracker/activities/activityBoard.ts';
import { EventHub } from '../../src/tracker/api/eventHub.ts';
import type { TrackerContext } from '../../src/tracker/context.ts';
import { createHome } from '../../src/tracker/lifecycle/home.ts';
import { Tokens } from '../../src/tracker/lifecycle/tokens.ts';
import { openDatabase } from '../../src/tracker/store/database.ts';
import { workspaceMigrations } from '../../src/tracker/store/migrations.ts';
import { Writer } from '../../src/tracker/store/writer.ts';
import {
  createWorkspaceFolders,
  type WorkspaceStore,
  workspacePaths,
} from '../../src/tracker/workspaces/workspaceStore.ts';

export interface TestContext extends TrackerContext {
  readonly store: WorkspaceStore;
  /** Closes the database, as a tracker that leaves does; the folder stays. */
  close(): void;
}

/** A tracker's context in this process, with one workspace, for testing a part without its server. */
export function testContext(folder: string): TestContext {
  const home = createHome(folder);
  const paths = workspacePaths(path.join(home.workspaces, 'w'));
  createWorkspaceFolders(paths);
  const db = openDatabase({ file: paths.database, migrations: workspaceMigrations });
  const writer = new Writer(db);
  const store: WorkspaceStore = { id: 'w', paths, db, writer };
  const events = new EventHub();
  return {
    store,
    version: '0.0.0-test',
    home,
    log: pino({ level: 'silent' }),
    events,
    activities: new ActivityBoard(events, home.logs),
    workspaces: { list: () => [], open: () => store, all: () => [store], onClosing: () => () => undefined },
    tokens: new Tokens(Buffer.alloc(32).toString('base64url')),
    address: () => 'http://127.0.0.1:1',
    close: () => {
      writer.close();
      db.close();
    },
  };
}
