import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../install.mjs';

/** The ids that the typed contributions file exports, each as the keys of an object. */
export interface Typed {
  commands: Record<string, unknown>;
  settings: Record<string, unknown>;
  views: Record<string, unknown>;
  contextKeys: Record<string, unknown>;
}

interface Manifest {
  contributes?: {
    commands?: { command: string; enablement?: string }[];
    configuration?: Configuration | Configuration[];
    views?: Record<string, { id: string; when?: string }[]>;
    viewsWelcome?: { view: string; contents: string; when?: string }[];
    menus?: Record<string, { command?: string; when?: string }[]>;
    keybindings?: { command: string; when?: string }[];
    [other: string]: unknown;
  };
}

interface Configuration {
  properties?: Record<string, unknown>;
}

const typedFile = 'src/editor/contributions.ts';

/** The manifest and the typed contributions file must name the same commands, settings, views and context keys. */
export async function checkContributions(): Promise<string[]> {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
  const file = path.join(root, typedFile);
  if (!existsSync(file)) return manifest.contributes ? [`${typedFile} is missing, but the manifest contributes.`] : [];
  const typed = (await import(pathToFileURL(file).href)) as Partial<Typed>;
  const absent = (['commands', 'settings', 'views', 'contextKeys'] as const).filter((name) => !typed[name]);
  if (absent.length > 0) return [`${typedFile} does not export ${absent.join(', ')}.`];
  return compareContributions(manifest, typed as Typed);
}

export function compareContributions(manifest: Manifest, typed: Typed): string[] {
  const contributes = manifest.contributes ?? {};
  const commands = (contributes.commands ?? []).map(({ command }) => command);
  const settings = [contributes.configuration ?? []].flat().flatMap(({ properties }) => Object.keys(properties ?? {}));
  const views = Object.values(contributes.views ?? {}).flatMap((list) => list.map(({ id }) => id));
  return [
    ...difference('command', commands, Object.keys(typed.commands)),
    ...difference('setting', settings, Object.keys(typed.settings)),
    ...difference('view', views, Object.keys(typed.views)),
    ...difference('context key', usedContextKeys(contributes), Object.keys(typed.contextKeys)),
    ...danglingCommands(contributes, commands),
    ...danglingViews(contributes, views),
  ];
}

function difference(what: string, manifest: string[], typed: string[]): string[] {
  const inManifest = new Set(manifest);
  const inFile = new Set(typed);
  const twice = manifest.filter((id, index) => manifest.indexOf(id) !== index);
  return [
    ...twice.map((id) => `The ${what} ${id} stands twice in package.json.`),
    ...[...inManifest]
      .filter((id) => !inFile.has(id))
      .map((id) => `The ${what} ${id} is in package.json but not in ${typedFile}.`),
    ...[...inFile]
      .filter((id) => !inManifest.has(id))
      .map((id) => `The ${what} ${id} is in ${typedFile} but not in package.json.`),
  ];
}

/**
 * The context keys of ours in every when-clause and enablement, wherever it stands. Ours begin with `trainyard.`; what
 * is compared with (`view == trainyard.runs`, `config.trainyard.x`) is not a key.
 */
export function usedContextKeys(contributes: object): string[] {
  const keys = new Set<string>();
  for (const clause of clauses(contributes)) {
    for (const operand of operands(clause)) if (operand.startsWith('trainyard.')) keys.add(operand);
  }
  return [...keys].sort();
}

function clauses(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(clauses);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    (key === 'when' || key === 'enablement') && typeof inner === 'string' ? [inner] : clauses(inner),
  );
}

/** The left sides of a when-clause's comparisons. `x in key` has the key on the right. */
function operands(clause: string): string[] {
  return clause.split(/&&|\|\|/).map((part) => {
    const bare = part.replace(/^[\s!(]+|[\s)]+$/g, '');
    const membership = /\s(?:not\s+)?in\s+(\S+)$/.exec(bare);
    return membership?.[1] ?? bare.split(/\s*(?:===?|!==?|=~|<=?|>=?)\s*|\s/)[0] ?? '';
  });
}

/** A menu or a key that names a command which does not exist is silently not shown. */
function danglingCommands(contributes: NonNullable<Manifest['contributes']>, commands: string[]): string[] {
  const menus = Object.entries(contributes.menus ?? {}).flatMap(([menu, items]) =>
    items.map(({ command }) => ({ place: `the menu ${menu}`, command })),
  );
  const keys = (contributes.keybindings ?? []).map(({ command }) => ({ place: 'a key binding', command }));
  const buttons = (contributes.viewsWelcome ?? []).flatMap(({ view, contents }) =>
    [...contents.matchAll(/\(command:([\w.]+)/g)].map(([, command]) => ({ place: `the empty view ${view}`, command })),
  );
  return [...menus, ...keys, ...buttons]
    .filter(({ command }) => command?.startsWith('trainyard.') && !commands.includes(command))
    .map(({ place, command }) => `${place} names the command ${command}, which package.json does not contribute.`);
}

function danglingViews(contributes: NonNullable<Manifest['contributes']>, views: string[]): string[] {
  return (contributes.viewsWelcome ?? [])
    .filter(({ view }) => view.startsWith('trainyard.') && !views.includes(view))
    .map(({ view }) => `viewsWelcome names the view ${view}, which package.json does not contribute.`);
}
