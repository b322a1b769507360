import { randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { ModelVersion } from '../../shared/domain/model.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { formatBytes } from '../../shared/format.ts';
import type { Parts } from '../parts.ts';
import { setting } from '../settings.ts';
import { oneLine } from '../trees/itemText.ts';
import { askName, confirm } from './ask.ts';
import type { Commands, ModelAndVersion } from './command.ts';
import { pickSubject } from './pick.ts';
import { givenSubject } from './subjects.ts';

type Ids =
  | 'trainyard.registerModel'
  | 'trainyard.openModel'
  | 'trainyard.tryModel'
  | 'trainyard.setAlias'
  | 'trainyard.renameModel'
  | 'trainyard.deleteModel'
  | 'trainyard.deleteModelVersion'
  | 'trainyard.deploy';

/** The registry: models, their versions, and making a service of one. */
export function modelCommands(parts: Parts): Commands<Ids> {
  const { session, state, panels } = parts;
  const workspace = 'default';
  const open = ({ model, version }: ModelAndVersion) =>
    panels.open({ page: 'model', workspace, model: model.name, version: String(version.version) });
  return {
    'trainyard.registerModel': { run: (given) => register(parts, given) },
    'trainyard.openModel': { ask: 'Model to open', run: open },
    'trainyard.tryModel': {
      ask: 'Model to try',
      where: ({ version }) => version.limitation === undefined,
      nothing: 'No model can be tried yet: register an ONNX model first.',
      run: open,
    },
    'trainyard.setAlias': { ask: 'Version to give an alias', run: (subject) => setAlias(parts, subject) },
    'trainyard.renameModel': {
      ask: 'Model to rename',
      run: async ({ name }) => {
        const next = await askName('Rename model', name);
        if (next === undefined) return;
        await session.call('models.update', { params: { workspace, model: name }, body: { name: next } });
        state.models.invalidate();
      },
    },
    'trainyard.deleteModel': {
      ask: 'Model to delete',
      run: async ({ name, versions }) => {
        const detail = `${versions.length === 1 ? 'Its one version is' : `All ${versions.length} versions are`} deleted with it. This cannot be undone.`;
        if (!(await confirm(`Delete the model “${oneLine(name)}”?`, detail, 'Delete model'))) return;
        await session.call('models.delete', { params: { workspace, model: name } });
        state.models.invalidate();
      },
    },
    'trainyard.deleteModelVersion': {
      ask: 'Version to delete',
      run: async ({ model, version }) => {
        const what = `${oneLine(model.name)} v${version.version}`;
        if (!(await confirm(`Delete ${what}?`, 'This cannot be undone.', 'Delete version'))) return;
        const params = { workspace, model: model.name, version: String(version.version) };
        await session.call('models.deleteVersion', { params });
        state.models.invalidate();
      },
    },
    'trainyard.deploy': {
      ask: 'Model to deploy',
      trusted: true,
      where: ({ version }) => version.limitation === undefined,
      nothing: 'No model can be deployed yet: register an ONNX model first.',
      run: (subject) => deploy(parts, subject),
    },
  };
}

/** From a run's output, from a file of the Explorer, or by asking for a run. */
async function register(parts: Parts, given: unknown): Promise<ModelVersion | undefined> {
  const source = given instanceof vscode.Uri ? await fromFile(given) : await fromRun(parts, given);
  if (!source) return undefined;
  const known = parts.state.models.value ?? (await parts.state.models.get());
  const name = await askModelName(
    known.map((model) => model.name),
    source.suggested,
  );
  if (name === undefined) return undefined;
  const version = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Registering ${name}` },
    () =>
      parts.session.call('models.register', {
        params: { workspace: 'default' },
        body: { name, source: source.source, requestId: randomUUID() },
      }),
  );
  parts.state.models.invalidate();
  parts.panels.open({ page: 'model', workspace: 'default', model: version.model, version: String(version.version) });
  return version;
}

interface Source {
  readonly source: { readonly file: string } | { readonly run: string; readonly path: string };
  readonly suggested: string;
}

async function fromFile(uri: vscode.Uri): Promise<Source> {
  if (uri.scheme !== 'file') throw new Problem('invalid', 'Only files of this machine can be registered.');
  return { source: { file: uri.fsPath }, suggested: path.parse(uri.fsPath).name };
}

/** Files whose names say that they are models come first; the run's folder and model share a name unless told otherwise. */
async function fromRun(parts: Parts, given: unknown): Promise<Source | undefined> {
  const run: RunSummary | undefined =
    (await givenSubject(parts, 'run', [given])) ??
    (await pickSubject(parts, 'run', { ask: 'Run whose model to register', nothing: 'There is no run yet.' }));
  if (!run) return undefined;
  const suggested = run.folder ? path.basename(run.folder) : run.experiment.name;
  const chosen = (given as { path?: unknown } | undefined)?.path;
  if (typeof chosen === 'string') return { source: { run: run.id, path: chosen }, suggested };
  const { entries } = await parts.session.call('runs.outputs', {
    params: { workspace: run.workspace, run: run.id },
    query: { recursive: true },
  });
  const files = entries.filter(({ kind }) => kind === 'file');
  if (files.length === 0) {
    throw new Problem('not-found', `${oneLine(run.name)} left no files.`, {
      hint: 'A script registers a model by trainyard.model(path), or leaves it in its folder.',
    });
  }
  const sorted = [...files].sort(
    (a, b) => Number(isModel(b.path)) - Number(isModel(a.path)) || a.path.localeCompare(b.path),
  );
  const models = sorted.filter((file) => isModel(file.path));
  const [only] = models;
  if (models.length === 1 && only) return { source: { run: run.id, path: only.path }, suggested };
  const items = sorted.map((file) => ({ label: file.path, description: formatBytes(file.bytes) }));
  const picked = await vscode.window.showQuickPick(items, { title: 'File to register as a model' });
  return picked && { source: { run: run.id, path: picked.label }, suggested };
}

function isModel(file: string): boolean {
  return /\.(onnx|pt|pth|pkl|joblib|safetensors|h5|keras|tflite|gguf|json\.model|bst|ubj|cbm)$/i.test(file);
}

async function askModelName(known: readonly string[], suggested: string): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: 'Register as',
    value: suggested.replace(/[/:\p{Cc}]/gu, '-'),
    prompt:
      known.length > 0
        ? `A known name gets its next version: ${known
            .slice(0, 5)
            .map((name) => oneLine(name, 40))
            .join(', ')}`
        : '',
    validateInput: (text) =>
      text.trim() === ''
        ? 'A name is needed.'
        : /[/:\p{Cc}]/u.test(text)
          ? 'Neither / nor : can be in a name.'
          : undefined,
  });
}

async function setAlias(parts: Parts, { model, version }: ModelAndVersion): Promise<void> {
  const others = Object.entries(model.aliases).filter(([, number]) => number !== version.version);
  const items = [
    ...['production', 'candidate'].filter((alias) => model.aliases[alias] === undefined).map((label) => ({ label })),
    ...others.map(([label, number]) => ({ label, description: `now v${number}` })),
    ...version.aliases.map((label) => ({ label, description: 'take it away' })),
    { label: '$(add) Another…' },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `Alias of ${oneLine(model.name)} v${version.version}`,
  });
  if (!picked) return;
  const alias = picked.label.startsWith('$(add)') ? await askName('Alias', '', 'production') : picked.label;
  if (alias === undefined) return;
  const number = version.aliases.includes(alias) ? 0 : version.version;
  await parts.session.call('models.update', {
    params: { workspace: 'default', model: model.name },
    body: { aliases: { [alias]: number } },
  });
  parts.state.models.invalidate();
}

async function deploy(parts: Parts, { model, version }: ModelAndVersion): Promise<string | undefined> {
  if (version.limitation) {
    throw new Problem('invalid', `${model.name} v${version.version} cannot be deployed: ${version.limitation}`);
  }
  const suggested = `${
    model.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'model'
  }-api`.slice(0, 63);
  const taken = (await parts.state.deployments.get()).map(({ name }) => name);
  const name = await vscode.window.showInputBox({
    title: `Deploy ${oneLine(model.name)} v${version.version} as`,
    value: taken.includes(suggested) ? `${suggested.slice(0, 55)}-v${version.version}` : suggested,
    prompt: 'Name of the service. A name in use gets the new version.',
    validateInput: (text) =>
      /^[a-z0-9][a-z0-9-]{0,62}$/.test(text)
        ? undefined
        : 'Small letters, digits and dashes, beginning with a letter or digit.',
  });
  if (name === undefined) return undefined;
  const baseImage = setting('trainyard.docker.baseImage');
  const dockerHost = setting('trainyard.docker.host');
  const { deployment } = await parts.session.call('deployments.create', {
    params: { workspace: 'default' },
    body: {
      name,
      model: model.name,
      version: String(version.version),
      ...(baseImage ? { baseImage } : {}),
      ...(dockerHost ? { dockerHost } : {}),
    },
  });
  parts.state.deployments.edit((list) => [...list.filter(({ id }) => id !== deployment.id), deployment]);
  parts.panels.open({ page: 'deployment', workspace: 'default', deployment: deployment.id });
  return deployment.id;
}
