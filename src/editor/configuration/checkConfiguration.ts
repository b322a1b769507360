import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { FolderSettings } from '../../shared/domain/folderSettings.ts';
import { RunConfiguration } from '../../shared/domain/runConfiguration.ts';
import { nearestWord } from '../../shared/nearestWord.ts';
import { valueAt } from './valueAt.ts';

/** What is wrong in a configuration file and where, in UTF-16 units of its text. */
export interface Finding {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  /** Text that, put in the place, makes it right. */
  readonly fix?: { readonly title: string; readonly offset: number; readonly length: number; readonly text: string };
}

/** The parts of JSON Schema that our schemas use. */
interface Schema {
  readonly type?: string;
  readonly properties?: Record<string, Schema>;
  readonly patternProperties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
}

/** Targets that exist today; `local` is this machine. */
export const targets = ['local'] as const;

/**
 * Checks the text of a run configuration against its schema and names the place and the nearest right word. Tolerant:
 * comments and trailing commas are fine, and one mistake does not hide the next.
 */
export function checkConfiguration(text: string): Finding[] {
  const { root, findings } = checkText(text, RunConfiguration as unknown as Schema);
  const target = root && valueAt(root, 'target');
  if (target?.type === 'string' && !targets.some((name) => name === target.value)) {
    findings.push(unknownWord(target, 'compute target', String(target.value), targets));
  }
  return findings;
}

/** The same for the file that says which workspace a folder belongs to; no word on names while none are known. */
export function checkFolderFile(
  text: string,
  workspaces: readonly { readonly id: string; readonly name: string }[] | undefined,
): Finding[] {
  const { root, findings } = checkText(text, FolderSettings as unknown as Schema);
  const workspace = root && valueAt(root, 'workspace');
  const lower = String(workspace?.value).toLowerCase();
  if (!workspaces || workspace?.type !== 'string' || lower === 'default') return findings;
  if (!workspaces.some(({ id, name }) => id === lower || name.toLowerCase() === lower)) {
    const names = workspaces.map(({ name }) => name);
    findings.push(unknownWord(workspace, 'workspace', String(workspace.value), names));
  }
  return findings;
}

function checkText(text: string, schema: Schema): { root?: Node; findings: Finding[] } {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  const findings: Finding[] = errors.map(({ error, offset, length }) => ({
    offset,
    length: Math.max(1, length),
    message: `${words(printParseErrorCode(error))}.`,
  }));
  if (root) check(root, schema, findings);
  else if (findings.length === 0) findings.push({ offset: 0, length: 1, message: 'The file is empty.' });
  return root ? { root, findings } : { findings };
}

function check(node: Node, schema: Schema, findings: Finding[]): void {
  if (schema.anyOf) {
    checkAny(node, schema.anyOf, findings);
  } else if (schema.type === 'object') {
    if (expect(node, ['object'], 'an object { … }', findings)) checkObject(node, schema, findings);
  } else if (schema.type === 'array') {
    if (!expect(node, ['array'], 'a list [ … ]', findings)) return;
    for (const item of node.children ?? []) if (schema.items) check(item, schema.items, findings);
  } else checkScalar(node, schema, findings);
}

function checkScalar(node: Node, schema: Schema, findings: Finding[]): void {
  if (schema.const !== undefined) {
    if (node.value !== schema.const) findings.push(at(node, `Only ${JSON.stringify(schema.const)} can stand here.`));
    return;
  }
  if (schema.type === 'string' && expect(node, ['string'], 'text in quotes', findings)) {
    const value = String(node.value);
    if (schema.minLength !== undefined && value.length < schema.minLength)
      findings.push(at(node, 'This must not be empty.'));
    else if (schema.pattern && !new RegExp(schema.pattern).test(value))
      findings.push(at(node, patternMessage(value, schema.pattern)));
  } else if (schema.type === 'boolean') expect(node, ['boolean'], 'true or false', findings);
  else if (schema.type === 'number' || schema.type === 'integer') checkNumber(node, schema, findings);
}

function checkNumber(node: Node, schema: Schema, findings: Finding[]): void {
  if (!expect(node, ['number'], schema.type === 'integer' ? 'a whole number' : 'a number', findings)) return;
  const value = Number(node.value);
  if (schema.type === 'integer' && !Number.isInteger(value))
    findings.push(at(node, 'A whole number is expected here.'));
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) {
    findings.push(at(node, `This must be more than ${schema.exclusiveMinimum}.`));
  }
  if (schema.minimum !== undefined && value < schema.minimum)
    findings.push(at(node, `This must be at least ${schema.minimum}.`));
}

function checkObject(node: Node, schema: Schema, findings: Finding[]): void {
  const known = Object.keys(schema.properties ?? {});
  const patterns = Object.entries(schema.patternProperties ?? {});
  const seen = new Set<string>();
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (!key) continue;
    const name = String(key.value);
    if (seen.has(name)) findings.push(at(key, `“${name}” stands here twice; the last one counts.`));
    seen.add(name);
    const inner = schema.properties?.[name] ?? patterns.find(([pattern]) => new RegExp(pattern).test(name))?.[1];
    if (inner) {
      if (value) check(value, inner, findings);
    } else if (patterns.length > 0) findings.push(at(key, `“${name}” cannot be a name here.`));
    else if (schema.additionalProperties === false) {
      findings.push(
        unknownWord(
          key,
          'key',
          name,
          known.filter((word) => !seen.has(word) && word !== '$schema'),
        ),
      );
    }
  }
  for (const name of schema.required ?? []) {
    if (seen.has(name)) continue;
    findings.push({ offset: node.offset, length: 1, message: `“${name}” is missing.` });
  }
}

/** Of several shapes, the one that the value's own type points at is explained. */
function checkAny(node: Node, shapes: readonly Schema[], findings: Finding[]): void {
  const attempts = shapes.map((shape) => {
    const own: Finding[] = [];
    check(node, shape, own);
    return { shape, own };
  });
  if (attempts.some(({ own }) => own.length === 0)) return;
  const constants = shapes.map((shape) => shape.const).filter((value) => typeof value === 'string');
  if (constants.length === shapes.length && node.type === 'string') {
    findings.push(unknownWord(node, 'value', String(node.value), constants));
    return;
  }
  if (constants.length === shapes.length) {
    findings.push(at(node, `One of ${constants.map((word) => `“${word}”`).join(', ')} is expected here.`));
    return;
  }
  const fitting = attempts.find(({ shape }) => shape.type === node.type) ?? attempts[0];
  findings.push(...(fitting?.own ?? []));
}

function expect(node: Node, types: readonly string[], expected: string, findings: Finding[]): boolean {
  if (types.includes(node.type)) return true;
  const message = `Expected ${expected}, but this is ${typeWords[node.type] ?? node.type}.`;
  // A number or a boolean where text belongs only lacks its quotes.
  const quotable = types.includes('string') && (node.type === 'number' || node.type === 'boolean');
  const text = JSON.stringify(String(node.value));
  const fix = { title: `Write ${text}`, offset: node.offset, length: node.length, text };
  findings.push({ ...at(node, message), ...(quotable ? { fix } : {}) });
  return false;
}

const typeWords: Record<string, string> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

function unknownWord(node: Node, what: string, word: string, candidates: readonly string[]): Finding {
  const near = nearestWord(word, candidates);
  const known = candidates.length <= 6 ? ` Known: ${candidates.join(', ')}.` : '';
  const message = `Unknown ${what} “${word}”.${near ? ` Did you mean “${near}”?` : known}`;
  if (!near) return at(node, message);
  return {
    ...at(node, message),
    fix: { title: `Change to “${near}”`, offset: node.offset, length: node.length, text: JSON.stringify(near) },
  };
}

function at(node: Node, message: string): Finding {
  return { offset: node.offset, length: Math.max(1, node.length), message };
}

/** Patterns of the schema in words; a regular expression helps nobody. */
function patternMessage(value: string, pattern: string): string {
  const example = pattern.includes('dhms') ? '2h 30m' : pattern.includes('KMGT') ? '8 GB' : undefined;
  return example ? `“${value}” is not understood. Write it like “${example}”.` : `“${value}” is not allowed here.`;
}

/** `PropertyNameExpected` → `Property name expected`. */
function words(code: string): string {
  const spaced = code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
