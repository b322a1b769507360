import * as vscode from 'vscode';
import { allCommands } from './editor/commands/allCommands.ts';
import { registerCommands, showError } from './editor/commands/register.ts';
import { ConfigurationDiagnostics } from './editor/configuration/configurationDiagnostics.ts';
import { ConfigurationStore } from './editor/configuration/configurationStore.ts';
import { ids } from './editor/contributions.ts';
import { InlineCharts } from './editor/inline/inlineCharts.ts';
import { ScriptRuns } from './editor/inline/scriptRuns.ts';
import { TrainLens } from './editor/inline/trainLens.ts';
import { Notifications } from './editor/live/notifications.ts';
import { RunOnSave } from './editor/live/runOnSave.ts';
import { StatusBar } from './editor/live/statusBar.ts';
import { offerCommandLine } from './editor/live/terminal.ts';
import { pageAction } from './editor/panels/pageActions.ts';
import { Panels } from './editor/panels/panels.ts';
import type { Parts } from './editor/parts.ts';
import { RunErrors } from './editor/problems/runErrors.ts';
import { Reports } from './editor/reports.ts';
import { Owner } from './editor/session/event.ts';
import { TrackerSession } from './editor/session/trackerSession.ts';
import { TrackerState } from './editor/session/trackerState.ts';
import { setContext, setting } from './editor/settings.ts';
import { SnapshotFiles } from './editor/snapshots/snapshotFiles.ts';
import { submit } from './editor/train/submit.ts';
import { readable } from './editor/train/train.ts';
import { Trees } from './editor/trees/trees.ts';

/** Wires the parts; nothing else. Nothing here waits: the tracker is looked for when something first needs it. */
export function activate(extension: vscode.ExtensionContext): Parts {
  const owner = new Owner();
  extension.subscriptions.push(owner);
  const log = owner.own(vscode.window.createOutputChannel(ids.outputChannel, { log: true }));
  const session = owner.own(new TrackerSession(connectToTracker, (message) => log.info(message)));
  const state = owner.own(new TrackerState(session, openFolders));
  const panels = owner.own(
    new Panels(extension.extensionUri, state, async (action, page) => {
      try {
        return await pageAction(state, action, page);
      } catch (error) {
        // A click on a page is answered by the editor, as a command is; the page itself has no place for it.
        void showError(log, error, action.name);
        throw error;
      }
    }),
  );
  const trees = owner.own(new Trees(state));
  const configurations = owner.own(new ConfigurationStore());
  const errors = owner.own(new RunErrors(state, log));
  const runs = owner.own(new ScriptRuns(state));
  const inlineCharts = owner.own(new InlineCharts(runs));
  const reports = owner.own(new Reports());
  const parts: Parts = {
    ...{ session, state, log, panels, trees, configurations, errors, inlineCharts, reports, extension },
    ticked: trees.ticked,
  };

  owner.own(registerCommands(parts, allCommands(parts)));
  const snapshots = new SnapshotFiles(session);
  owner.ownAll(
    vscode.workspace.registerFileSystemProvider(ids.snapshotScheme, snapshots, { isReadonly: true }),
    session.onState(({ kind }) => setContext('trainyard.connection', kind)),
    new ConfigurationDiagnostics(configurations, state.workspaces),
    configurations.onFolderChange(() => state.folder.invalidate()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => state.folder.invalidate()),
    new Notifications(state, panels, log),
  );

  const onSave = owner.own(
    new RunOnSave(
      configurations,
      // The file may have become unreadable since the save; that too is an answer, not a throw.
      async (one) => submit(parts, readable(one), { onSave: true }),
      (error) => void showError(log, error, 'run on save'),
    ),
  );
  owner.ownAll(new TrainLens(configurations, runs), new StatusBar(state, session, onSave));
  offerCommandLine(extension);
  // A folder that trains wants to see what runs; any other folder starts no tracker until somebody asks.
  configurations.all().then(
    (all) => all.length > 0 && session.start(),
    (error: unknown) => log.warn(`The run configurations could not be looked for: ${error}`),
  );
  return parts;
}

function openFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}

/** The client, and the tracker's starter with it, are loaded when they are needed and not before. */
async function connectToTracker(signal: AbortSignal) {
  const { connect } = await import('./client/connect.ts');
  const { client } = await connect({ home: setting('trainyard.home') || undefined, signal });
  return client;
}
