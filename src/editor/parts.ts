import type * as vscode from 'vscode';
import type { ConfigurationStore } from './configuration/configurationStore.ts';
import type { InlineCharts } from './inline/inlineCharts.ts';
import type { Panels } from './panels/panels.ts';
import type { RunErrors } from './problems/runErrors.ts';
import type { Reports } from './reports.ts';
import type { TrackerSession } from './session/trackerSession.ts';
import type { TrackerState } from './session/trackerState.ts';
import type { Ticked } from './trees/runSource.ts';
import type { Trees } from './trees/trees.ts';

/** What commands work with. Made once in `activate`, handed on, never looked up; exported for the tests in the editor. */
export interface Parts {
  readonly session: TrackerSession;
  readonly state: TrackerState;
  readonly log: vscode.LogOutputChannel;
  readonly panels: Panels;
  readonly trees: Trees;
  readonly ticked: Ticked;
  readonly configurations: ConfigurationStore;
  readonly errors: RunErrors;
  readonly inlineCharts: InlineCharts;
  readonly reports: Reports;
  readonly extension: vscode.ExtensionContext;
}
