import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../shared/api/error.ts';
import { parseCommentedJson } from '../shared/commentedJson.ts';
import type { RunConfiguration } from '../shared/domain/runConfiguration.ts';
import { configurationFolder, isConfigurationFile } from '../shared/folderFiles.ts';
import { nearestWord } from '../shared/nearestWord.ts';
import { type Options, UsageError } from './command.ts';

export interface Choice {
  readonly folder: string;
  /** Name of the configuration file, when one was used. */
  readonly name: string | undefined;
  readonly configuration: RunConfiguration;
}

/**
 * What `train` is to run: the named configuration, else the script, else the folder's only configuration; then what the
 * options say on top. The tracker checks the result.
 *
 * @throws UsageError, or Problem for a file that is missing or no JSON.
 */
export function chooseConfiguration(positionals: readonly string[], options: Options): Choice {
  const [first = '.', ...rest] = positionals;
  const isScript = fs.statSync(first, { throwIfNoEntry: false })?.isFile() === true;
  const folder = path.resolve(isScript ? folderOfScript(first) : first);
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem('not-found', `${first} is neither a folder nor a script.`);
  }
  const script = options.text('script') ?? (isScript ? path.relative(folder, path.resolve(first)) : undefined);
  const name = options.text('config') ?? (script === undefined ? onlyConfiguration(folder) : undefined);
  const base = name === undefined ? {} : readConfiguration(folder, name);
  const configuration = { ...base, ...overrides(options), ...(script === undefined ? {} : { script }) };
  if (rest.length > 0) configuration.args = rest;
  if (configuration.script === undefined) {
    throw new UsageError('Which script? Name it: trainyard train train.py, or --script, or --config.');
  }
  return { folder, name, configuration: { ...configuration, script: configuration.script } };
}

function overrides(options: Options): Partial<RunConfiguration> {
  const requirements = options.text('requirements');
  const env = pairs(options.list('env'), 'env');
  const tags = pairs(options.list('tag'), 'tag');
  const inputs = options.list('input');
  const outputs = options.list('output');
  const change: Partial<RunConfiguration> = {};
  for (const key of ['experiment', 'name', 'interpreter', 'target'] as const) {
    const value = options.text(key);
    if (value !== undefined) change[key] = value;
  }
  if (requirements !== undefined) change.environment = { requirements };
  if (env !== undefined) change.env = env;
  if (tags !== undefined) change.tags = tags;
  if (inputs.length > 0) change.inputs = inputs;
  if (outputs.length > 0) change.outputs = outputs;
  if (options.flag('in-place')) change.runIn = 'folder';
  return change;
}

/** A script below the current folder belongs to the current folder; another one to its own. */
function folderOfScript(script: string): string {
  const relative = path.relative(process.cwd(), path.resolve(script));
  return relative.startsWith('..') || path.isAbsolute(relative) ? path.dirname(script) : '.';
}

function configurationNames(folder: string): string[] {
  const inside = path.join(folder, configurationFolder);
  if (!fs.statSync(inside, { throwIfNoEntry: false })?.isDirectory()) return [];
  return fs
    .readdirSync(inside)
    .filter(isConfigurationFile)
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

function onlyConfiguration(folder: string): string | undefined {
  const names = configurationNames(folder);
  if (names.length > 1) throw new UsageError(`Which one? --config ${names.join(' | ')}`);
  return names[0];
}

function readConfiguration(folder: string, name: string): Partial<RunConfiguration> {
  const file = path.join(folder, configurationFolder, `${name}.json`);
  const isNamed = path.basename(file) === `${name}.json` && isConfigurationFile(path.basename(file));
  if (!isNamed || !fs.existsSync(file)) {
    const nearest = nearestWord(name, configurationNames(folder));
    throw new Problem('not-found', `There is no run configuration ${name} in ${folder}.`, {
      hint: nearest === undefined ? undefined : `Did you mean ${nearest}?`,
    });
  }
  const text = fs.readFileSync(file, 'utf8');
  const value = parseCommentedJson(text, file);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem('invalid', `${file} must hold an object in braces.`);
  }
  return value;
}

function pairs(texts: readonly string[], option: string): Record<string, string> | undefined {
  if (texts.length === 0) return undefined;
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`--${option} takes NAME=VALUE, not ${text}.`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
