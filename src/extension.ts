import * as vscode from 'vscode';
import { allCommands } from './editor/commands/allCommands.ts';
import { registerCommands } from './editor/commands/register.ts';
import { ConfigurationStore } from './editor/configuration/configurationStore.ts';
import { ids } from './editor/contributions.ts';
import { pageAction } from './editor/panels/pageActions.ts';
import { Panels } from './editor/panels/panels.ts';
import type { Parts } from './editor/parts.ts';
import { RunErrors } from './editor/problems/runErrors.ts';
import { Owner } from './editor/session/event.ts';
import { TrackerSession } from './editor/session/trackerSession.ts';
import { TrackerState } from './editor/session/trackerState.ts';
import { setContext, setting } from './editor/settings.ts';
import { SnapshotFiles } from './editor/snapshots/snapshotFiles.ts';
import { Trees } from './editor/trees/trees.ts';

/** Wires the parts; nothing else. Nothing here waits: the tracker is looked for when something first needs it. */
export function activate(extension: vscode.ExtensionContext): void {
  const owner = new Owner();
  extension.subscriptions.push(owner);
  const log = owner.own(vscode.window.createOutputChannel(ids.outputChannel, { log: true }));
  const session = owner.own(new TrackerSession(connectToTracker, (message) => log.info(message)));
  const state = owner.own(new TrackerState(session));
  const panels = owner.own(
    new Panels(extension.extensionUri, state, (action, page) => pageAction(state, action, page)),
  );
  const trees = owner.own(new Trees(state));
  const configurations = owner.own(new ConfigurationStore());
  const errors = owner.own(new RunErrors(state, log));
  const { ticked } = trees;
  const parts: Parts = { session, state, log, panels, trees, ticked, configurations, errors, extension };

  owner.own(registerCommands(parts, allCommands(parts)));
  owner.ownAll(
    vscode.workspace.registerFileSystemProvider(ids.snapshotScheme, new SnapshotFiles(session), {
      isReadonly: true,
      isCaseSensitive: true,
    }),
    session.onState(({ kind }) => setContext('trainyard.connection', kind)),
  );
}

/** The client, and the tracker's starter with it, are loaded when they are needed and not before. */
async function connectToTracker(signal: AbortSignal) {
  const { connect } = await import('./client/connect.ts');
  const { client } = await connect({ home: setting('trainyard.home') || undefined, signal });
  return client;
}
