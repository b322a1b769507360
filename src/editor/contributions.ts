/**
 * Every command, setting, view and context key of the extension, typed. Lint holds this file and the manifest equal in
 * both directions. Nothing here imports the editor, so it loads in plain Node.
 *
 * A command's value says what it works on; the funnel (`commands/register.ts`) turns clicked items, selections and
 * programmatic calls into that, and asks when nothing was given.
 */
export const commands = {
  'trainyard.train': 'place',
  'trainyard.createConfiguration': 'place',
  'trainyard.editConfiguration': 'place',
  'trainyard.toggleRunOnSave': 'place',
  'trainyard.runAgain': 'run',
  'trainyard.retryRun': 'run',
  'trainyard.cancelRun': 'runs',
  'trainyard.openRun': 'run',
  'trainyard.showLog': 'run',
  'trainyard.compareRuns': 'runs',
  'trainyard.renameRun': 'run',
  'trainyard.editNote': 'run',
  'trainyard.editTags': 'run',
  'trainyard.starRun': 'runs',
  'trainyard.unstarRun': 'runs',
  'trainyard.moveRuns': 'runs',
  'trainyard.deleteRun': 'runs',
  'trainyard.restoreRun': 'deletedRuns',
  'trainyard.exportSnapshot': 'run',
  'trainyard.exportMetrics': 'run',
  'trainyard.openSnapshotFile': 'run',
  'trainyard.showErrors': 'run',
  'trainyard.clearErrors': 'none',
  'trainyard.copyRunId': 'run',
  'trainyard.filterRuns': 'none',
  'trainyard.clearFilter': 'none',
  'trainyard.showMore': 'any',
  'trainyard.showExperiment': 'experiment',
  'trainyard.renameExperiment': 'experiment',
  'trainyard.deleteExperiment': 'experiment',
  'trainyard.restoreExperiment': 'none',
  'trainyard.registerModel': 'source',
  'trainyard.openModel': 'version',
  'trainyard.tryModel': 'version',
  'trainyard.setAlias': 'version',
  'trainyard.renameModel': 'model',
  'trainyard.deleteModel': 'model',
  'trainyard.deleteModelVersion': 'version',
  'trainyard.deploy': 'version',
  'trainyard.openDeployment': 'deployment',
  'trainyard.testEndpoint': 'deployment',
  'trainyard.copyCurl': 'deployment',
  'trainyard.startDeployment': 'deployment',
  'trainyard.stopDeployment': 'deployment',
  'trainyard.deleteDeployment': 'deployment',
  'trainyard.newWorkspace': 'none',
  'trainyard.renameWorkspace': 'workspace',
  'trainyard.switchWorkspace': 'workspace',
  'trainyard.deleteWorkspace': 'workspace',
  'trainyard.moveFolder': 'none',
  'trainyard.cancelActivity': 'activity',
  'trainyard.showActivityLog': 'activity',
  'trainyard.copyEnvironment': 'none',
  'trainyard.openTrackedTerminal': 'none',
  'trainyard.doctor': 'none',
  'trainyard.restartTracker': 'none',
  'trainyard.toggleInlineCharts': 'none',
  'trainyard.refresh': 'none',
  'trainyard.showRuns': 'none',
  'trainyard.showOutput': 'none',
} as const satisfies Record<string, SubjectKind>;

export type CommandId = keyof typeof commands;

/**
 * What a command works on. `place`: a script, folder or configuration. `source`: where a model comes from, a run's
 * output or a file. The others are things of the tracker, by their ids.
 */
export type SubjectKind =
  | 'none'
  | 'any'
  | 'place'
  | 'source'
  | 'run'
  | 'runs'
  | 'deletedRuns'
  | 'experiment'
  | 'model'
  | 'version'
  | 'deployment'
  | 'workspace'
  | 'activity';

/** Settings with their defaults; the manifest repeats them for people. Those marked restricted need a trusted folder. */
export const settings = {
  'trainyard.home': '',
  'trainyard.python': '',
  'trainyard.inlineCharts.enabled': true,
  'trainyard.codeLens.enabled': true,
  'trainyard.runOnSave.enabled': true,
  'trainyard.train.saveBeforeStart': true,
  'trainyard.train.openRunPage': true,
  'trainyard.notifications.runEnd': 'whenHidden' as 'whenHidden' | 'failures' | 'never',
  'trainyard.docker.host': '',
  'trainyard.docker.baseImage': '',
} as const;

export type SettingId = keyof typeof settings;
export type SettingValue<K extends SettingId> = (typeof settings)[K] extends boolean
  ? boolean
  : K extends 'trainyard.notifications.runEnd'
    ? (typeof settings)[K]
    : string;

export const views = {
  'trainyard.runs': 'Runs',
  'trainyard.experiments': 'Experiments',
  'trainyard.models': 'Models',
  'trainyard.compute': 'Compute',
  'trainyard.deployments': 'Deployments',
  'trainyard.activity': 'Activity',
  'trainyard.workspaces': 'Workspaces',
} as const;

export type ViewId = keyof typeof views;

export const contextKeys = {
  /** How the connection to the tracker is: idle, connecting, connected, broken. */
  'trainyard.connection': 'string',
  /** Whether the runs view shows only some. */
  'trainyard.filtered': 'boolean',
  /** How many runs are ticked for a comparison. */
  'trainyard.ticked': 'number',
  /** Paths of scripts that a configuration names, for the editor's title. */
  'trainyard.scripts': 'list',
} as const;

export type ContextKey = keyof typeof contextKeys;

/** Ids that are no contributions of their own but appear in several places. */
export const ids = {
  container: 'trainyard',
  outputChannel: 'Trainyard',
  diagnostics: 'trainyard',
  snapshotScheme: 'trainyard-snapshot',
  reportScheme: 'trainyard-report',
  walkthrough: 'trainyard.trainyard#trainyard.start',
} as const;
