import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import { RUN_FILES } from '../../../shared/runDirectory.ts';
import type { Actor } from '../../workspaces/workspaceStore.ts';
import { type RunScope, runDirectory } from '../runScope.ts';
import { checkSubmission } from './checkSubmission.ts';
import { writePending } from './pending.ts';
import { isSecretVariable, ownVariables } from './variables.ts';

export interface Submission {
  readonly folder: string;
  readonly configuration: RunConfiguration;
  readonly configurationName?: string | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  readonly supersedes?: string | undefined;
  readonly parent?: string | undefined;
  readonly requestId?: string | undefined;
  readonly attempt?: number;
  readonly snapshot?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface Submitted {
  readonly id: string;
  /** The request was known: nothing was started. */
  readonly existed: boolean;
}

/**
 * Checks a submission and writes the run down, durably, before anything is started.
 * @throws Problem when it can be known already that it cannot run; then nothing is left behind.
 */
export async function submitRun(scope: RunScope, submission: Submission, actor: Actor): Promise<Submitted> {
  const { configuration: given } = submission;
  const { configuration, secrets } = withoutSecrets(given);
  const variables = { ...(submission.variables ?? ownVariables()), ...secrets };
  const checked = checkSubmission(submission.folder, given, { ...variables, ...given.env });
  if (submission.parent !== undefined) scope.repository.checkParent(submission.parent);
  const id = randomUUID().replaceAll('-', '');
  const directory = runDirectory(scope, id);
  await mkdir(path.join(directory, RUN_FILES.outputs), { recursive: true, mode: 0o700 });
  await writePending(directory, { variables });
  const experiment = configuration.experiment ?? (path.basename(checked.folder) || 'default');
  const made = await scope.store.writer
    .write(() =>
      scope.repository.create(
        {
          id,
          experiment,
          name: configuration.name,
          parent: submission.parent,
          attempt: submission.attempt ?? 1,
          state: 'queued',
          folder: checked.folder,
          script: checked.scriptFile,
          configurationName: submission.configurationName,
          configuration,
          requestId: submission.requestId,
          supersedes: submission.supersedes,
          snapshot: submission.snapshot,
          tags: { ...configuration.tags, ...submission.tags },
        },
        actor,
      ),
    )
    .catch(async (error: unknown) => {
      await rm(directory, { recursive: true, force: true });
      throw error;
    });
  if (made.existed) await rm(directory, { recursive: true, force: true });
  return made;
}

/** Values whose names say that they are secret go to the run through its private file, and not into the database. */
function withoutSecrets(configuration: RunConfiguration) {
  const entries = Object.entries(configuration.env ?? {});
  const secrets = Object.fromEntries(entries.filter(([name]) => isSecretVariable(name)));
  if (Object.keys(secrets).length === 0) return { configuration, secrets };
  const env = Object.fromEntries(entries.filter(([name]) => !isSecretVariable(name)));
  return { configuration: { ...configuration, env }, secrets };
}
