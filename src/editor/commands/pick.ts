import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { formatRelative } from '../../shared/format.ts';
import type { SubjectKind } from '../contributions.ts';
import type { Parts } from '../parts.ts';
import { type ItemText, oneLine } from '../trees/itemText.ts';
import {
  activityItem,
  deploymentItem,
  experimentItem,
  modelItem,
  versionItem,
  workspaceItem,
} from '../trees/otherItems.ts';
import { headlineText, stateIcons } from '../trees/runItem.ts';
import type { ModelAndVersion, Subjects } from './command.ts';

export interface PickOptions {
  readonly ask?: string | undefined;
  readonly nothing?: string | undefined;
  where?(thing: unknown): boolean;
}

type Picker = (parts: Parts, options: PickOptions) => Promise<unknown>;

/**
 * Asks for what a command works on, when it was started with nothing selected.
 *
 * @returns undefined when the person left the pick
 * @throws Problem when there is nothing to pick from
 */
export async function pickSubject<K extends keyof Subjects>(
  parts: Parts,
  kind: K,
  options: PickOptions,
): Promise<Subjects[K] | undefined> {
  const picker = pickers[kind as Exclude<SubjectKind, 'none' | 'any' | 'place' | 'source'>];
  return (await picker(parts, options)) as Subjects[K] | undefined;
}

const pickers: Record<Exclude<SubjectKind, 'none' | 'any' | 'place' | 'source'>, Picker> = {
  run: (parts, options) => pickOne(runChoices(parts, {}, options), options, 'Run'),
  runs: (parts, options) => pickMany(runChoices(parts, {}, options), options, 'Runs'),
  deletedRuns: (parts, options) => pickMany(runChoices(parts, { deleted: true }, options), options, 'Deleted runs'),
  experiment: ({ state }, options) =>
    pickOne(
      choices(state.experiments.get(), options, (thing) => experimentItem(thing, Date.now())),
      options,
      'Experiment',
    ),
  model: ({ state }, options) => pickOne(choices(state.models.get(), options, modelItem), options, 'Model'),
  version: ({ state }, options) => pickOne(versionChoices(state, options), options, 'Model version'),
  deployment: ({ state }, options) =>
    pickOne(choices(state.deployments.get(), options, deploymentItem), options, 'Deployment'),
  workspace: ({ state }, options) =>
    pickOne(
      choices(state.workspaces.get(), options, (thing) => workspaceItem(thing)),
      options,
      'Workspace',
    ),
  activity: ({ state }, options) =>
    pickOne(
      choices(state.activities.get(), options, (thing) => activityItem(thing, Date.now())),
      options,
      'Activity',
    ),
};

interface Choice<T> extends vscode.QuickPickItem {
  readonly thing: T;
}

async function choices<T>(
  things: Promise<readonly T[]>,
  options: PickOptions,
  item: (thing: T) => ItemText,
): Promise<Choice<T>[]> {
  return (await things).filter((thing) => options.where?.(thing) ?? true).map((thing) => choice(thing, item(thing)));
}

function choice<T>(thing: T, text: ItemText): Choice<T> {
  return {
    thing,
    label: text.label,
    iconPath: new vscode.ThemeIcon(text.icon.replace('~spin', '')),
    ...(text.description ? { description: text.description } : {}),
  };
}

async function versionChoices(state: Parts['state'], options: PickOptions): Promise<Choice<ModelAndVersion>[]> {
  const pairs = (await state.models.get()).flatMap((model) =>
    [...model.versions].sort((a, b) => b.version - a.version).map((version) => ({ model, version })),
  );
  return pairs
    .filter((pair) => options.where?.(pair) ?? true)
    .map((pair) => {
      const text = versionItem(pair.version, Date.now());
      return choice(pair, { ...text, label: `${oneLine(pair.model.name)} ${text.label}` });
    });
}

async function runChoices(
  parts: Parts,
  query: { deleted?: boolean },
  options: PickOptions,
): Promise<Choice<RunSummary>[]> {
  const params = { workspace: 'default' };
  const { runs } = await parts.session.call('runs.list', { params, query: { ...query, limit: 300 } });
  // The run whose page is open is what a person most likely means.
  const open = parts.panels.activeRun;
  const sorted = [...runs].sort((a, b) => Number(b.id === open) - Number(a.id === open));
  return sorted.filter((run) => options.where?.(run) ?? true).map(runChoice);
}

export function runChoice(run: RunSummary): Choice<RunSummary> {
  const words = [run.headline ? headlineText(run.headline) : run.state, formatRelative(run.endedAt ?? run.createdAt)];
  return {
    thing: run,
    label: oneLine(run.name),
    description: `${oneLine(run.experiment.name, 40)}   ${words.join('   ')}`,
    iconPath: new vscode.ThemeIcon(stateIcons[run.state].replace('~spin', '')),
  };
}

async function pickOne<T>(items: Promise<Choice<T>[]>, options: PickOptions, what: string): Promise<T | undefined> {
  const offered = await atLeastOne(items, options, what);
  const picked = await vscode.window.showQuickPick(offered, { title: options.ask ?? what, matchOnDescription: true });
  return picked?.thing;
}

async function pickMany<T>(items: Promise<Choice<T>[]>, options: PickOptions, what: string): Promise<T[] | undefined> {
  const offered = await atLeastOne(items, options, what);
  const picked = await vscode.window.showQuickPick(offered, {
    title: options.ask ?? what,
    matchOnDescription: true,
    canPickMany: true,
  });
  return picked && picked.length > 0 ? picked.map(({ thing }) => thing) : undefined;
}

async function atLeastOne<T>(items: Promise<Choice<T>[]>, options: PickOptions, what: string): Promise<Choice<T>[]> {
  const offered = await items;
  if (offered.length === 0) throw new Problem('not-found', options.nothing ?? `There is no ${what.toLowerCase()} yet.`);
  return offered;
}
