import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import type { Parts } from '../parts.ts';
import { oneLine } from '../trees/itemText.ts';
import { type Place, placeOf } from './place.ts';
import { submit } from './submit.ts';
import { configure } from './wizard.ts';

/** Train, from wherever it was pressed: finds the configuration, or has one made, and submits a run of it. */
export async function train(parts: Parts, given: unknown): Promise<RunSummary | undefined> {
  const place = await placeOf(parts, given);
  if (!place) return undefined;
  const configuration = await choose(parts, place, 'Train');
  return configuration && submit(parts, readable(configuration));
}

/** The configuration that a command means; made by the wizard where there is none. */
export async function choose(
  parts: Parts,
  place: Place,
  verb: string,
  title = `${verb}: which configuration?`,
): Promise<StoredConfiguration | undefined> {
  if (place.configuration) return place.configuration;
  const all = await parts.configurations.below(place.folder);
  const { script } = place;
  const fitting = script
    ? all.filter((one) => one.value && path.resolve(one.folder, one.value.script) === script)
    : all;
  if (fitting.length === 0) return configure(parts, place, verb);
  const [only] = fitting;
  return fitting.length === 1 ? only : pickConfiguration(parts, fitting, title);
}

/** @throws Problem that opens the way to the file when it cannot be read as a configuration */
export function readable(one: StoredConfiguration): StoredConfiguration & { readonly value: RunConfiguration } {
  const { value } = one;
  if (value) return { ...one, value };
  throw new Problem('invalid', `The run configuration “${one.name}” cannot be read, or names no script.`, {
    hint: `Problems shows what is wrong in ${vscode.workspace.asRelativePath(one.uri)}.`,
  });
}

async function pickConfiguration(
  parts: Parts,
  all: readonly StoredConfiguration[],
  title: string,
): Promise<StoredConfiguration | undefined> {
  const last = parts.extension.workspaceState.get<string>(lastKey);
  const sorted = [...all].sort((a, b) => Number(b.id === last) - Number(a.id === last) || a.name.localeCompare(b.name));
  const items = sorted.map((one) => ({
    one,
    label: oneLine(one.name),
    description: one.value ? [one.value.script, ...(one.value.args ?? [])].join(' ') : 'cannot be read',
  }));
  const picked = await vscode.window.showQuickPick(items, { title });
  if (picked) await parts.extension.workspaceState.update(lastKey, picked.one.id);
  return picked?.one;
}

const lastKey = 'lastConfiguration';
