import type { Static } from 'typebox';
import * as Type from 'typebox';
import { MEMORY_PATTERN, TIME_PATTERN } from '../resources.ts';

/**
 * A run configuration: the file `.trainyard/<name>.json` in a training folder (comments and trailing commas allowed)
 * that says how to run a script. The same object travels with a submit. Paths are relative to the training folder.
 * `media/run-configuration.schema.json` is generated from this schema and gives completion and hover in the editor,
 * so every description here is read by people.
 */
export const RunConfiguration = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    script: Type.String({
      minLength: 1,
      description: 'The script or program to run, relative to the training folder: train.py, fit.R, run.sh, ./a.out.',
    }),
    args: Type.Optional(Type.Array(Type.String(), { description: 'Arguments, one entry each; no shell is involved.' })),
    experiment: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'Experiment that the runs belong to. Default: the folder’s name.',
      }),
    ),
    name: Type.Optional(
      Type.String({ maxLength: 200, description: 'Name of each run. Default: a generated, readable one.' }),
    ),
    interpreter: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Program that runs the script: a path or a name on PATH such as python3, Rscript, bash. Default: by the script’s extension, the editor’s Python for .py.',
      }),
    ),
    environment: Type.Optional(
      Type.Object(
        {
          requirements: Type.String({
            minLength: 1,
            description:
              'A requirements file; a virtual environment is built from it once and kept until the file changes.',
          }),
          python: Type.Optional(
            Type.String({ description: 'Python that builds the environment. Default: python3 on PATH.' }),
          ),
        },
        {
          additionalProperties: false,
          description: 'How dependencies get there. Leave out to use the interpreter as it is.',
        },
      ),
    ),
    env: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), {
        description: 'Environment variables set for the run. Not for secrets: this file is part of every snapshot.',
      }),
    ),
    workingDirectory: Type.Optional(
      Type.String({ description: 'Where the script runs, inside the folder. Default: the folder.' }),
    ),
    runIn: Type.Optional(
      Type.Union([Type.Literal('snapshot'), Type.Literal('folder')], {
        default: 'snapshot',
        description:
          'snapshot: in a private copy of the folder, so that later edits do not disturb the run. folder: in place.',
      }),
    ),
    inputs: Type.Optional(
      Type.Array(
        Type.Union([
          Type.String({ minLength: 1 }),
          Type.Object(
            { name: Type.String({ minLength: 1 }), path: Type.String({ minLength: 1 }) },
            { additionalProperties: false },
          ),
        ]),
        { description: 'Data files and folders the script reads; recorded with their hash.' },
      ),
    ),
    outputs: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          'Patterns of files to collect when the run ends, such as model.onnx or checkpoints/**. Default: every new file.',
      }),
    ),
    resources: Type.Optional(
      Type.Object(
        {
          cpus: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              description:
                'Processor cores: as many threads numerical libraries start (OMP_NUM_THREADS and its like, unless set). Nothing stops a program from using more.',
            }),
          ),
          memory: Type.Optional(
            Type.String({
              pattern: MEMORY_PATTERN,
              description:
                'Memory, such as 8 GB. A run whose processes together use more is ended; looked at every one to five seconds, so a burst in between can go unnoticed. Not on Windows.',
            }),
          ),
          gpus: Type.Optional(
            Type.Integer({
              minimum: 0,
              description: 'GPUs. Written down with the run; this machine does not hold a run to it.',
            }),
          ),
          time: Type.Optional(
            Type.String({
              pattern: TIME_PATTERN,
              description:
                'Time limit, such as 2h 30m, from the start of the script. Then the run is ended: TERM, ten seconds of grace, KILL.',
            }),
          ),
        },
        { additionalProperties: false, description: 'What the run needs.' },
      ),
    ),
    target: Type.Optional(Type.String({ description: 'Compute target. Default: local, this machine.' })),
    onSave: Type.Optional(
      Type.Object(
        {
          enabled: Type.Boolean({
            description: 'Start a run when a watched file is saved; a newer save supersedes a run still going.',
          }),
          watch: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), {
              description: 'Patterns of watched files. Default: the script and **/*.py.',
            }),
          ),
        },
        { additionalProperties: false, description: 'Run on save.' },
      ),
    ),
    metric: Type.Optional(
      Type.Object(
        {
          key: Type.String({ minLength: 1, description: 'Metric shown beside each run.' }),
          direction: Type.Union([Type.Literal('max'), Type.Literal('min')], { description: 'Which way is better.' }),
        },
        { additionalProperties: false, description: 'The metric that decides which run is best.' },
      ),
    ),
    tags: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Tags of each run.' })),
  },
  { additionalProperties: false, title: 'Trainyard run configuration' },
);
export type RunConfiguration = Static<typeof RunConfiguration>;
