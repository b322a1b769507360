import fs from 'node:fs';
import path from 'node:path';
import { formatBytes, formatRelative } from '../../shared/format.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import { table } from '../output.ts';
import { resolveRun, splitModel } from '../resolve.ts';

export const models: Command = {
  name: 'models',
  summary: 'List registered models.',
  async run({ out, client, workspace }) {
    const reply = await (await client()).call('models.list', { params: { workspace: await workspace() } });
    const versions = reply.models.flatMap((model) => model.versions.map((version) => ({ model, version })));
    out.result(reply, () =>
      table(
        versions,
        [
          { title: 'MODEL', of: ({ model, version }) => `${model.name}:${version.version}` },
          { title: 'ALIASES', of: ({ version }) => version.aliases.join(', ') },
          { title: 'FORMAT', of: ({ version }) => version.format },
          { title: 'SIZE', right: true, of: ({ version }) => formatBytes(version.bytes) },
          { title: 'RUN', of: ({ version }) => version.runName ?? version.run ?? '' },
          { title: 'REGISTERED', of: ({ version }) => formatRelative(version.createdAt) },
          { title: 'USED BY', of: ({ version }) => version.usedBy.join(', ') },
        ],
        'No models yet. Register one with `trainyard model register`.',
      ),
    );
    return EXIT.ok;
  },
};

export const modelRegister: Command = {
  name: 'model register',
  summary: 'Register a model file or folder, or an output of a run, as the next version of a name.',
  usage: 'NAME PATH',
  positionals: [2, 2],
  options: {
    run: { type: 'string', value: 'ID', help: 'PATH is inside the outputs of this run.' },
    tag: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'Tag of the version; may be repeated.' },
    note: { type: 'string', value: 'TEXT', help: 'Note of the version.' },
  },
  async run({ positionals, options, out, client, workspace }) {
    const connected = await client();
    const id = await workspace();
    const [name = '', place = ''] = positionals;
    const asked = options.text('run');
    const source =
      asked === undefined
        ? { file: path.resolve(place) }
        : { run: await resolveRun(connected, id, asked), path: place };
    const note = options.text('note');
    const version = await connected.call('models.register', {
      params: { workspace: id },
      body: {
        name,
        source,
        tags: tagsOf(options.list('tag')),
        ...(note === undefined ? {} : { note }),
        requestId: crypto.randomUUID(),
      },
    });
    out.result(version, () => {
      const limit = version.limitation === undefined ? '' : `\n${version.limitation}`;
      return `${version.model}:${version.version}  ${version.format}  ${formatBytes(version.bytes)}${limit}`;
    });
    return EXIT.ok;
  },
};

export const predict: Command = {
  name: 'predict',
  summary: 'Run a model once on a JSON input; prints its predictions as JSON.',
  usage: 'MODEL[:VERSION] --json FILE',
  positionals: [1, 1],
  options: {
    json: { type: 'string', value: 'FILE', help: 'A list of rows, or one of MLflow’s four JSON forms; - reads stdin.' },
  },
  async run({ positionals, options, out, client, workspace }) {
    const file = options.text('json');
    if (file === undefined) throw new UsageError('Name the input: trainyard predict MODEL --json FILE.');
    const { model, version } = splitModel(positionals[0] ?? '');
    const input = asInput(readJson(file));
    const params = { workspace: await workspace(), model, version };
    const reply = await (await client()).call('models.predict', { params, body: { input } });
    out.result(reply, () => JSON.stringify(reply.predictions, null, 2));
    out.note(`${reply.milliseconds.toFixed(1)} ms`);
    return EXIT.ok;
  },
};

/** A bare list is what a file of rows holds: it is meant as "instances". */
function asInput(json: unknown): unknown {
  return Array.isArray(json) ? { instances: json } : json;
}

export function readJson(file: string): unknown {
  let text: string;
  try {
    text = fs.readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      isMissing ? `There is no file ${file}.` : `${file} cannot be read: ${(error as Error).message}`,
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

function tagsOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 1) throw new UsageError(`--tag takes NAME=VALUE, not ${text}.`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
