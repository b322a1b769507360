/** What leaks out of an editor, a Node program or a run and must not reach a process that outlives them. */
const FOREIGN =
  /^(?:VSCODE_|ELECTRON_|NODE_|CHROME_|npm_|INIT_CWD$|GIT_ASKPASS$|TRAINYARD_(?:RUN_ID|RUN_DIR|OUTPUTS|TOKEN|ADDRESS|WORKSPACE|EXPERIMENT)$)/i;

/** The environment that a tracker is started with: the person's own, and the editor's binary told to be plain Node. */
export function trackerEnvironment(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !FOREIGN.test(name)) kept[name] = value;
  }
  kept.ELECTRON_RUN_AS_NODE = '1';
  return kept;
}

/** The submitter's variables that a run gets, without what belongs to the editor or to another run. */
export function submitterVariables(env: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _, ...kept } = trackerEnvironment(env);
  return kept;
}
