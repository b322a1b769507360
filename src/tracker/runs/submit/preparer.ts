import fs from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import { pythonFolder } from '../../../shared/programFiles.ts';
import { RUN_DIRECTORY_VERSION, type RunSpec } from '../../../shared/runDirectory.ts';
import type { TrackerContext } from '../../context.ts';
import type { Environments } from '../../environments/environments.ts';
import type { Snapshotter } from '../../snapshots/snapshotter.ts';
import type { RunRow } from '../repository/storedRun.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import type { RunServices } from '../services.ts';
import { describeLaunch, launch, prepareRunDirectory } from '../wrapper/launch.ts';
import { linuxBootId } from '../wrapper/processIdentity.ts';
import { wrapperFile } from '../wrapperFile.ts';
import { captureSources } from './captureSources.ts';
import { type CheckedSubmission, checkSubmission } from './checkSubmission.ts';
import { type ExecutionCopy, makeExecutionCopy } from './executionCopy.ts';
import { readPending, removePending } from './pending.ts';
import { ownVariables, recordedVariables, runVariables } from './variables.ts';

export interface PreparerOptions {
  readonly context: TrackerContext;
  readonly services: RunServices;
  readonly environments: Environments;
  readonly snapshotter: Snapshotter;
}

interface Prepared {
  readonly checked: CheckedSubmission;
  readonly copy: ExecutionCopy;
  readonly program: string | undefined;
  readonly environment?: { directory: string; hash: string; name: string };
}

/**
 * Brings a run from `queued` to `running`. Every step can be done again, so a tracker that was killed in the middle
 * simply begins anew, except once the wrapper may have been started: that moment is written down before it comes.
 */
export class RunPreparer {
  readonly #context: TrackerContext;
  readonly #services: RunServices;
  readonly #environments: Environments;
  readonly #snapshotter: Snapshotter;

  constructor(options: PreparerOptions) {
    this.#context = options.context;
    this.#services = options.services;
    this.#environments = options.environments;
    this.#snapshotter = options.snapshotter;
  }

  /**
   * Resolves once the wrapper is started.
   * @throws Problem and others when it cannot be; the caller ends the run with it.
   */
  async prepare(scope: RunScope, id: string, signal: AbortSignal): Promise<void> {
    const row = scope.queries.row(id, { withDeleted: true });
    const configuration = scope.queries.stored(id).configuration;
    if (configuration === undefined || row.folder === null) {
      throw new Problem('internal', 'The run has no configuration, so it cannot be started.');
    }
    const directory = runDirectory(scope, id);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const pending = await readPending(directory);
    const submitted = pending?.variables ?? ownVariables();
    await this.#announce(scope, id, 'taking a snapshot');
    const sources = captureSources({
      scope,
      run: id,
      folder: row.folder,
      configuration,
      snapshotter: this.#snapshotter,
      signal,
    });
    sources.catch(() => undefined);
    const prepared = await this.#gather(scope, row, configuration, submitted, signal);
    signal.throwIfAborted();
    await this.#start(scope, row, configuration, submitted, prepared);
    await removePending(directory);
  }

  async #gather(
    scope: RunScope,
    row: RunRow,
    configuration: RunConfiguration,
    submitted: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Prepared> {
    const folder = row.folder ?? '';
    const checked = checkSubmission(folder, configuration, { ...submitted, ...configuration.env });
    // What fails ends what goes on beside it: nobody waits for an environment whose snapshot cannot be taken.
    const abort = new AbortController();
    const both = AbortSignal.any([signal, abort.signal]);
    const copying = makeExecutionCopy({
      store: scope.store,
      board: this.#context.activities,
      run: row.id,
      runName: row.name,
      runDirectory: runDirectory(scope, row.id),
      folder,
      outputs: configuration.outputs ?? [],
      snapshot: row.snapshot ?? undefined,
      copy: configuration.runIn !== 'folder',
      never: [this.#context.home.root],
      snapshotter: this.#snapshotter,
      signal: both,
      onProgress: (message) => this.#activity(scope, row.id, message),
    });
    const building = this.#environment(scope, row, configuration, checked, submitted, both);
    try {
      const [copy, environment] = await Promise.all([copying, building]);
      return environment === undefined
        ? { checked, copy, program: checked.program }
        : { checked, copy, program: environment.python, environment };
    } catch (error) {
      abort.abort(error);
      await Promise.allSettled([copying, building]);
      throw signal.aborted ? signal.reason : error;
    }
  }

  async #environment(
    scope: RunScope,
    row: RunRow,
    configuration: RunConfiguration,
    checked: CheckedSubmission,
    submitted: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    if (checked.requirements === undefined) return undefined;
    const built = await this.#environments.ensure({
      requirements: checked.requirements,
      python: configuration.environment?.python,
      variables: { ...submitted, ...configuration.env },
      workspace: scope.store.id,
      signal,
      onProgress: (message) => this.#activity(scope, row.id, message),
    });
    return { ...built, name: path.relative(checked.folder, checked.requirements) };
  }

  /** From here on the run must not be started a second time, so that is on disk before the wrapper is. */
  async #start(
    scope: RunScope,
    row: RunRow,
    configuration: RunConfiguration,
    submitted: Readonly<Record<string, string>>,
    { checked, copy, program, environment }: Prepared,
  ): Promise<void> {
    const { id } = row;
    const directory = runDirectory(scope, id);
    const cwd = path.join(copy.root, checked.workingDirectory);
    const script = path.relative(cwd, path.join(copy.root, checked.script));
    const argv = program === undefined ? [path.join(copy.root, checked.script)] : [program, script];
    argv.push(...(configuration.args ?? []));
    const variables = runVariables({
      run: id,
      workspace: scope.store.id,
      runDirectory: directory,
      home: this.#context.home.root,
      address: this.#context.address(),
      token: this.#services.mintRunToken(scope.store.id, id),
      helperFolder: pythonFolder(),
      submitted,
      configured: configuration.env ?? {},
      cpus: configuration.resources?.cpus,
      virtualEnvironment: environment?.directory ?? virtualEnvironmentOf(program),
    });
    const spec: RunSpec = {
      v: RUN_DIRECTORY_VERSION,
      runId: id,
      argv,
      wrapper: { cwd, home: this.#context.home.root },
      createdMs: Date.now(),
    };
    await prepareRunDirectory(directory, spec, variables);
    await scope.store.writer.write(() =>
      scope.repository.change(id, {
        snapshot: copy.snapshot,
        detail: {
          command: argv,
          workingDirectory: cwd,
          executionRoot: copy.root,
          links: copy.links.length === 0 ? null : copy.links.map((link) => ({ path: link.path, source: link.source })),
          host: os.hostname(),
          user: userName(),
          interpreter: program === undefined ? null : { path: program },
          environment: environment ? { kind: 'venv', name: environment.name, hash: environment.hash } : null,
          variables: recordedVariables(variables, configuration.env ?? {}),
          launchedAt: Date.now(),
          launchedBoot: bootId(),
        },
      }),
    );
    const described = describeLaunch({
      runDirectory: directory,
      argv,
      wrapperPath: wrapperFile(),
      nodePath: process.execPath,
      platform: process.platform,
      env: process.env,
    });
    await launch(described);
  }

  async #announce(scope: RunScope, id: string, activity: string): Promise<void> {
    await scope.store.writer.write(() =>
      scope.repository.advance(id, ['queued', 'preparing'], { state: 'preparing', activity }),
    );
    scope.notices.changed(id);
  }

  #activity(scope: RunScope, id: string, activity: string): void {
    void scope.store.writer
      .write(() => {
        if (scope.queries.find(id)?.state === 'preparing') scope.repository.change(id, { activity });
      })
      .then(() => scope.notices.changed(id))
      .catch(() => undefined);
  }
}

/** The folder of the virtual environment that a Python belongs to, so that its programs are found by the script. */
function virtualEnvironmentOf(program: string | undefined): string | undefined {
  if (program === undefined) return undefined;
  const folder = path.dirname(path.dirname(program));
  return fs.existsSync(path.join(folder, 'pyvenv.cfg')) ? folder : undefined;
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return '';
  }
}

/** Tells one boot of the machine from the next, where the system can. */
export function bootId(): string {
  return process.platform === 'linux' ? linuxBootId() : '';
}
