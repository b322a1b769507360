import path from 'node:path';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import type { RunScope } from '../runScope.ts';
import { gitState } from './git.ts';

/** Records the state of the repository and the inputs of a run. Goes on beside the start; never fails the run. */
export async function captureSources(
  scope: RunScope,
  id: string,
  folder: string,
  configuration: RunConfiguration,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([captureGit(scope, id, folder, signal), captureInputs(scope, id, folder, configuration, signal)]);
}

async function captureGit(scope: RunScope, id: string, folder: string, signal: AbortSignal): Promise<void> {
  const git = await gitState(folder, signal);
  if (git !== undefined) await scope.store.writer.write(() => scope.repository.change(id, { detail: { git } }));
}

async function captureInputs(
  scope: RunScope,
  id: string,
  folder: string,
  configuration: RunConfiguration,
  _signal: AbortSignal,
): Promise<void> {
  for (const input of configuration.inputs ?? []) {
    const { name, path: given } = typeof input === 'string' ? { name: input, path: input } : input;
    const file = path.resolve(folder, given);
    await scope.store.writer.write(() => scope.repository.setInput(id, { name, path: file }));
  }
}
