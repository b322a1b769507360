/**
 * What the logging helper writes, version 1: files `metrics/*.jsonl` of a run directory, one per process, each only
 * ever appended to, one JSON object a line, UTF-8. The first line is a header. `seq` is unique in a file
 * and grows (a signal handler that logs in the middle of a call may swap two neighbours), so that (file name, seq)
 * names a record for ever and it can be taken in exactly once. Numbers that JSON has no word for
 * are the strings "NaN", "Infinity" and "-Infinity". Paths are relative to the run directory and use `/`, except
 * `source` and a dataset's `path`, which are the person's own and only for showing.
 *
 * `child` on a record names the child run that it belongs to; without it, it belongs to the run itself. A child is
 * opened once, but another process of the run may use its id from another file, so a record can be read before its
 * child's `child` record.
 */
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

export const HELPER_VERSION = 1;

/** Longer lines are refused: nothing that the helper writes comes near it. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;

const NonFinite = Type.Union([Type.Literal('NaN'), Type.Literal('Infinity'), Type.Literal('-Infinity')]);
/** A number as the helper writes it; see `toNumber`. */
export const HelperNumber = Type.Union([Type.Number(), NonFinite]);
export type HelperNumber = Static<typeof HelperNumber>;

const Key = Type.String({ minLength: 1, maxLength: 250 });
const Step = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const ChildId = Type.String({ pattern: '^[0-9a-f]{16}$' });
/** Inside the run directory: no root, no drive, no `..`, no backslash. */
const InnerPath = Type.String({
  pattern: '^(?!/)(?![A-Za-z]:)(?!(?:[^]*/)?\\.\\.(?:/|$))[^\\\\\\0]+$',
  maxLength: 4096,
});

const every = {
  seq: Type.Integer({ minimum: 0 }),
  /** Unix time, milliseconds. */
  time: Type.Integer({ minimum: 0 }),
  child: Type.Optional(ChildId),
};

export const HeaderRecord = Type.Object({
  t: Type.Literal('header'),
  v: Type.Integer({ minimum: 1 }),
  ...every,
  /** The run that the process was started for; null when the helper was used alone. */
  run: Type.Union([Type.String(), Type.Null()]),
  pid: Type.Integer({ minimum: 0 }),
  ppid: Type.Integer({ minimum: 0 }),
  host: Type.String(),
  argv: Type.Array(Type.String()),
  python: Type.String(),
  helper: Type.String(),
});

export const MetricsRecord = Type.Object({
  t: Type.Literal('metrics'),
  ...every,
  step: Step,
  values: Type.Record(Key, HelperNumber),
});

export const ParamsRecord = Type.Object({
  t: Type.Literal('params'),
  ...every,
  values: Type.Record(Key, Type.Union([Type.String(), HelperNumber, Type.Boolean(), Type.Null()])),
});

export const TagsRecord = Type.Object({ t: Type.Literal('tags'), ...every, values: Type.Record(Key, Type.String()) });

/** A file or folder that now stands under outputs/. */
export const ArtifactRecord = Type.Object({
  t: Type.Literal('artifact'),
  ...every,
  name: Type.String({ minLength: 1 }),
  path: InnerPath,
  source: Type.String(),
});

export const DatasetRecord = Type.Object({
  t: Type.Literal('dataset'),
  ...every,
  name: Key,
  path: Type.String(),
  kind: Type.Union([Type.Literal('file'), Type.Literal('folder'), Type.Literal('other')]),
  /** Bytes of a file, or of all files in a folder. */
  size: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  /** "sha256:<hex>"; null where it was too large to read in passing. */
  hash: Type.Union([Type.String({ pattern: '^sha256:[0-9a-f]{64}$' }), Type.Null()]),
});

/** PNG, JPEG, GIF, WebP or SVG. */
export const ImageRecord = Type.Object({ t: Type.Literal('image'), ...every, name: Key, step: Step, path: InnerPath });

/** The file is {"columns": [name, …], "rows": [[cell, …], …]}. */
export const TableRecord = Type.Object({
  t: Type.Literal('table'),
  ...every,
  name: Key,
  step: Step,
  path: InnerPath,
  rows: Type.Integer({ minimum: 0 }),
});

export const TextRecord = Type.Object({ t: Type.Literal('text'), ...every, name: Key, step: Step, path: InnerPath });

/**
 * The file is {"counts": [number, …], "edges": [number, …], "nonFinite": number}: one more edge than counts, and the
 * values that are not finite counted apart.
 */
export const HistogramRecord = Type.Object({
  t: Type.Literal('histogram'),
  ...every,
  name: Key,
  step: Step,
  path: InnerPath,
});

export const ModelRecord = Type.Object({
  t: Type.Literal('model'),
  ...every,
  name: Key,
  path: InnerPath,
  source: Type.String(),
});

/** Opens the child `id`; `child` is its parent, absent directly below the run. */
export const ChildRecord = Type.Object({ t: Type.Literal('child'), ...every, id: ChildId, name: Type.String() });

export const ChildEndRecord = Type.Object({
  t: Type.Literal('child-end'),
  ...every,
  id: ChildId,
  status: Type.Union([Type.Literal('finished'), Type.Literal('failed')]),
  error: Type.Optional(Type.String()),
});

const schemas = {
  header: HeaderRecord,
  metrics: MetricsRecord,
  params: ParamsRecord,
  tags: TagsRecord,
  artifact: ArtifactRecord,
  dataset: DatasetRecord,
  image: ImageRecord,
  table: TableRecord,
  text: TextRecord,
  histogram: HistogramRecord,
  model: ModelRecord,
  child: ChildRecord,
  'child-end': ChildEndRecord,
} as const;

export type HelperKind = keyof typeof schemas;
export type HelperRecord = { [K in HelperKind]: Static<(typeof schemas)[K]> }[HelperKind];

export interface HelperProblem {
  /** Byte offset of the line, counted as `readHelperLines` was told. */
  offset: number;
  message: string;
}

export interface HelperLines {
  records: HelperRecord[];
  problems: HelperProblem[];
  /** Bytes up to the last whole line; what follows is to be read again when the file has grown. */
  consumed: number;
}

/** Compiled at first use: compiling all of them would be half of a tracker's start. */
const validators = new Map<string, Validator>();

function validatorOf(kind: string): Validator | undefined {
  const known = validators.get(kind);
  if (known !== undefined || !Object.hasOwn(schemas, kind)) return known;
  const made: Validator = Compile(schemas[kind as keyof typeof schemas]);
  validators.set(kind, made);
  return made;
}

/**
 * Parses whole lines. A torn last line is left for later; a bad line, or a kind of record that a later helper knows,
 * is a problem to be counted and shown, and never stops the rest.
 * @param start byte offset of `bytes` in its file, for the problems' offsets only.
 */
export function readHelperLines(bytes: Uint8Array, start = 0): HelperLines {
  const result: HelperLines = { records: [], problems: [], consumed: 0 };
  const decoder = new TextDecoder();
  for (;;) {
    const end = bytes.indexOf(0x0a, result.consumed);
    const offset = start + result.consumed;
    const length = (end < 0 ? bytes.length : end) - result.consumed;
    if (length > MAX_LINE_BYTES) {
      result.problems.push({ offset, message: `A line of more than ${MAX_LINE_BYTES} bytes was skipped.` });
    } else if (end < 0) {
      return result;
    } else if (length > 0) {
      const parsed = parseHelperLine(decoder.decode(bytes.subarray(result.consumed, end)));
      if (typeof parsed === 'string') result.problems.push({ offset, message: parsed });
      else result.records.push(parsed);
    }
    if (end < 0) return { ...result, consumed: bytes.length };
    result.consumed = end + 1;
  }
}

/** The record, or what is wrong with the line. */
export function parseHelperLine(line: string): HelperRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'The line is not JSON.';
  }
  if (typeof value !== 'object' || value === null || !('t' in value) || typeof value.t !== 'string') {
    return 'The line is not a helper record: it has no "t".';
  }
  if (value.t === 'header' && 'v' in value && typeof value.v === 'number' && value.v > HELPER_VERSION) {
    return `The file is of version ${value.v}, this Trainyard reads version ${HELPER_VERSION}. Update Trainyard.`;
  }
  const validator = validatorOf(value.t);
  if (validator === undefined) return `Records of kind ${JSON.stringify(value.t.slice(0, 40))} are not known here.`;
  if (isRecord(value, validator)) return value;
  const first = validator.Errors(value)[0];
  return `A ${value.t} record is not valid at ${first?.instancePath || '/'}: ${first?.message ?? 'unknown reason'}.`;
}

/** NaN and the infinities are numbers again. */
export function toNumber(value: HelperNumber): number {
  return typeof value === 'number' ? value : Number(value);
}

function isRecord(value: object, validator: { Check(value: unknown): boolean }): value is HelperRecord {
  return validator.Check(value);
}
