import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import { configurationName } from '../configuration/configurationFile.ts';
import type { StoredConfiguration } from '../configuration/configurationStore.ts';
import { type Interpreter, selectedPython } from '../configuration/python.ts';
import { plausibleScripts, scriptExtensions } from '../configuration/scripts.ts';
import type { Parts } from '../parts.ts';
import { setting } from '../settings.ts';
import { oneLine } from '../trees/itemText.ts';
import { quoteArgument, splitArguments } from './arguments.ts';
import type { Place } from './place.ts';

type Draft = { -readonly [K in keyof RunConfiguration]: RunConfiguration[K] };

interface Found {
  readonly folder: string;
  readonly scripts: readonly string[];
  /** Pythons, the nearest first. */
  readonly interpreters: readonly Interpreter[];
  /** The one that runs when the configuration names none. */
  readonly usual: Interpreter | undefined;
  readonly requirements: readonly string[];
}

/**
 * One step when everything could be guessed: the first entry trains with what was found, each of the others changes one
 * thing and comes back. What was chosen is written as a configuration file, so that it is asked once.
 *
 * @returns undefined when the person left it; nothing is written then
 */
export async function configure(parts: Parts, place: Place, verb: string): Promise<StoredConfiguration | undefined> {
  const found = await find(parts, place.folder);
  const script = place.script ? relative(place.folder, place.script) : await firstScript(found);
  if (script === undefined) return undefined;
  const draft: Draft = { script };
  guess(draft, found);
  for (;;) {
    const answer = await review(draft, found, verb);
    if (answer === undefined) return undefined;
    if (answer === 'go') break;
    await change(answer, draft, found);
  }
  const taken = (await parts.configurations.below(place.folder)).map(({ name }) => name);
  return parts.configurations.create(place.folder, configurationName(draft.script, taken), draft);
}

async function find(parts: Parts, folder: string): Promise<Found> {
  const uri = vscode.Uri.file(folder);
  const [files, requirements, selected, listed] = await Promise.all([
    vscode.workspace.findFiles(
      new vscode.RelativePattern(uri, `{*,*/*}{${scriptExtensions.join(',')}}`),
      excluded,
      400,
    ),
    vscode.workspace.findFiles(
      new vscode.RelativePattern(uri, '{requirements*.txt,*/requirements*.txt}'),
      excluded,
      20,
    ),
    selectedPython(vscode.extensions, uri),
    parts.session.call('folders.interpreters', { body: { folder } }),
  ]);
  const heads = await Promise.all(
    files.map(async (file) => ({ path: relative(folder, file.fsPath), head: await head(file) })),
  );
  const own = setting('trainyard.python', uri);
  const preferred: Interpreter[] = [
    ...(own ? [{ path: own, name: path.basename(own), source: 'setting trainyard.python' }] : []),
    ...(selected ? [selected] : []),
  ];
  const paths = new Set(preferred.map((one) => one.path));
  const pythons = listed.interpreters.filter(
    (one) => /python|pypy/i.test(path.basename(one.path)) && !paths.has(one.path),
  );
  return {
    folder,
    scripts: plausibleScripts(heads),
    interpreters: [...preferred, ...pythons],
    usual: preferred[0] ?? pythons.find(({ name, source }) => source === 'PATH' && name === 'python3'),
    requirements: requirements.map((file) => relative(folder, file.fsPath)).sort((a, b) => a.length - b.length),
  };
}

const excluded = '**/{node_modules,.venv,venv,.git,__pycache__,site-packages}/**';

async function head(uri: vscode.Uri): Promise<string> {
  const bytes = await vscode.workspace.fs.readFile(uri);
  return new TextDecoder().decode(bytes.subarray(0, 64_000));
}

/** A clear winner is taken; where several are as likely, the person says which. */
async function firstScript(found: Found): Promise<string | undefined> {
  if (found.scripts.length === 1) return found.scripts[0];
  return askScript(found, found.scripts.length === 0 ? 'No script that trains was found; which one is it?' : 'Script');
}

async function askScript(found: Found, title: string): Promise<string | undefined> {
  const browse = '$(folder-opened) Another file…';
  const picked = await vscode.window.showQuickPick([...found.scripts.map((label) => ({ label })), { label: browse }], {
    title,
  });
  if (!picked) return undefined;
  if (picked.label !== browse) return picked.label;
  const [file] =
    (await vscode.window.showOpenDialog({ defaultUri: vscode.Uri.file(found.folder), openLabel: 'Choose' })) ?? [];
  if (!file) return undefined;
  const inner = relative(found.folder, file.fsPath);
  if (inner.startsWith('../') || path.isAbsolute(inner)) {
    throw new Problem('invalid', `${file.fsPath} is outside the training folder.`, {
      hint: 'Open the folder that holds it, so that the snapshot has it.',
    });
  }
  return inner;
}

/** A requirements file beside the script says what is needed; a virtual environment in the folder has it already. */
function guess(draft: Draft, found: Found): void {
  delete draft.environment;
  delete draft.interpreter;
  if (!draft.script.endsWith('.py')) return;
  const local = found.interpreters.find((one) => one.path.startsWith(found.folder + path.sep));
  const [requirements] = found.requirements;
  if (local) draft.interpreter = relative(found.folder, local.path);
  else if (requirements) draft.environment = { requirements };
}

type Answer = 'go' | 'script' | 'interpreter' | 'args' | 'experiment';

async function review(draft: Draft, found: Found, verb: string): Promise<Answer | undefined> {
  const python = draft.script.endsWith('.py');
  const items: (vscode.QuickPickItem & { answer: Answer })[] = [
    { answer: 'go', label: `$(play) ${verb} ${oneLine(draft.script)}`, description: withText(draft, found) },
    { answer: 'script', label: '$(file-code) Script', description: draft.script },
    ...(python
      ? [{ answer: 'interpreter' as const, label: '$(server-environment) Python', description: withText(draft, found) }]
      : []),
    { answer: 'args', label: '$(symbol-parameter) Arguments', description: draft.args?.join(' ') ?? 'none' },
    {
      answer: 'experiment',
      label: '$(beaker) Experiment',
      description: draft.experiment ?? path.basename(found.folder),
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `${verb} ${path.basename(found.folder)}`,
    placeHolder: 'Enter starts; choose another line to change it',
  });
  return picked?.answer;
}

function withText(draft: Draft, found: Found): string {
  if (!draft.script.endsWith('.py')) return '';
  if (draft.environment) return `new environment from ${draft.environment.requirements}`;
  const named = (one: Interpreter) =>
    one.path === draft.interpreter || relative(found.folder, one.path) === draft.interpreter;
  const one = draft.interpreter ? found.interpreters.find(named) : found.usual;
  return one ? interpreterText(one) : (draft.interpreter ?? 'python3');
}

function interpreterText({ name, version, source }: Interpreter): string {
  return [name, ...(version && !name.includes(version) ? [version] : []), `(${source})`].join(' ');
}

async function change(what: Exclude<Answer, 'go'>, draft: Draft, found: Found): Promise<void> {
  if (what === 'script') {
    const script = await askScript(found, 'Script');
    if (script === undefined) return;
    draft.script = script;
    guess(draft, found);
  } else if (what === 'interpreter') await changeInterpreter(draft, found);
  else if (what === 'args') {
    const text = await vscode.window.showInputBox({
      title: 'Arguments of the script, one blank between two',
      value: draft.args?.map(quoteArgument).join(' ') ?? '',
      placeHolder: '--epochs 20 --name "my run"',
    });
    if (text !== undefined) setOrDelete(draft, 'args', splitArguments(text));
  } else {
    const name = await vscode.window.showInputBox({
      title: 'Experiment',
      value: draft.experiment ?? path.basename(found.folder),
    });
    if (name !== undefined)
      setOrDelete(draft, 'experiment', name.trim() === path.basename(found.folder) ? '' : name.trim());
  }
}

async function changeInterpreter(draft: Draft, found: Found): Promise<void> {
  const items = [
    ...found.requirements.map((requirements) => ({
      label: `$(package) New environment from ${requirements}`,
      description: 'built once, kept until the file changes',
      apply: () => {
        delete draft.interpreter;
        draft.environment = { requirements };
      },
    })),
    ...found.interpreters.map((one) => ({
      label: `$(symbol-misc) ${one.name}`,
      description: `${one.version ?? ''} ${one.source}`.trim(),
      detail: one.path,
      apply: () => {
        delete draft.environment;
        const inside = one.path.startsWith(found.folder + path.sep);
        draft.interpreter = inside ? relative(found.folder, one.path) : one.path;
      },
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'Python', matchOnDetail: true });
  picked?.apply();
}

function setOrDelete<K extends 'args' | 'experiment'>(draft: Draft, key: K, value: NonNullable<Draft[K]>): void {
  if (value.length === 0) delete draft[key];
  else draft[key] = value;
}

function relative(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}
