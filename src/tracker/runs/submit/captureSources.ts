import fs from 'node:fs';
import path from 'node:path';
import type { RunInput } from '../../../shared/domain/run.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import { hashInputs, type InputHash } from '../../snapshots/inputs.ts';
import type { Snapshotter } from '../../snapshots/snapshotter.ts';
import { openSnapshotStore } from '../../snapshots/store.ts';
import type { RunScope } from '../runScope.ts';
import { gitState } from './git.ts';

export interface CaptureRequest {
  readonly scope: RunScope;
  readonly run: string;
  readonly folder: string;
  readonly configuration: RunConfiguration;
  readonly snapshotter: Snapshotter;
  readonly signal: AbortSignal;
}

/** A file of this size is hashed in a moment; more is for the child. */
const SMALL_BYTES = 8 * 1024 * 1024;

/** Records the state of the repository and the inputs of a run. Goes on beside the start; never fails the run. */
export async function captureSources(request: CaptureRequest): Promise<void> {
  await Promise.all([captureGit(request), captureInputs(request)]);
  request.scope.notices.changed(request.run);
}

async function captureGit({ scope, run, folder, signal }: CaptureRequest): Promise<void> {
  const git = await gitState(folder, signal);
  if (git !== undefined) await scope.store.writer.write(() => scope.repository.change(run, { detail: { git } }));
}

async function captureInputs(request: CaptureRequest): Promise<void> {
  const { scope, run, folder } = request;
  for (const input of request.configuration.inputs ?? []) {
    const { name, path: given } = typeof input === 'string' ? { name: input, path: input } : input;
    const place = path.resolve(folder, given);
    // Shown at once, without its hash; hashing may take minutes.
    await put(scope, run, { name, path: place });
    const known = await hashOf(request, given, place).catch((error: unknown): Partial<RunInput> => {
      return { problem: error instanceof Error ? error.message : String(error) };
    });
    await put(scope, run, { name, path: place, ...known });
  }
}

async function hashOf(request: CaptureRequest, given: string, place: string): Promise<Partial<RunInput>> {
  const { scope, folder, signal, snapshotter } = request;
  const store = await openSnapshotStore(scope.store.paths.snapshots);
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  const small = stat?.isFile() === true && stat.size <= SMALL_BYTES;
  const [hash] = small
    ? await hashInputs([given], { store, folder, signal })
    : await snapshotter.hashInputs([given], store, folder, { signal });
  return hash === undefined ? {} : inputOf(hash);
}

function inputOf(hash: InputHash): Partial<RunInput> {
  const torn =
    hash.torn.length === 0 ? {} : { problem: `changed while it was read: ${hash.torn.slice(0, 3).join(', ')}` };
  return { hash: `sha256:${hash.sha256}`, bytes: hash.bytes, files: hash.files, ...torn };
}

function put(scope: RunScope, run: string, input: RunInput): Promise<void> {
  return scope.store.writer.write(() => scope.records.setInput(run, input));
}
