import type { TSchema } from 'typebox';
import type { Validator } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Problem } from '../../shared/api/error.ts';
import { type RouteName, routes } from '../../shared/api/routes.ts';
import { nearestWord } from '../../shared/nearestWord.ts';

type Place = 'params' | 'query' | 'body';
type Check = (value: unknown) => void;

const checks = new Map<string, Check>();

/**
 * Holds a part of a request against its schema, which is compiled when a route is first used. A field that the schema
 * does not know is refused with the nearest right word: a typing error must not be taken for "not given".
 *
 * @throws Problem `invalid`, whose details name every field that is wrong and what was expected of it.
 */
export async function validate(name: RouteName, place: Place, value: unknown): Promise<void> {
  const key = `${name} ${place}`;
  let check = checks.get(key);
  if (check === undefined) {
    check = await compile(routes[name][place], place);
    checks.set(key, check);
  }
  check(value);
}

/** Numbers and booleans of a query string by the schema's word; what does not convert stays and is refused later. */
export function coerceQuery(name: RouteName, search: URLSearchParams): Record<string, unknown> {
  const properties: Record<string, TSchema | undefined> = routes[name].query.properties;
  const query: Record<string, unknown> = {};
  for (const [key, text] of search) {
    if (Object.hasOwn(query, key)) throw new Problem('invalid', `\`${key}\` is given twice in the query.`);
    const type = properties[key] === undefined ? undefined : typeOf(properties[key]);
    if ((type === 'integer' || type === 'number') && text.trim() !== '') {
      query[key] = Number.isNaN(Number(text)) ? text : Number(text);
    } else if (type === 'boolean') query[key] = text === 'true' ? true : text === 'false' ? false : text;
    else query[key] = text;
  }
  return query;
}

async function compile(schema: TSchema | undefined, place: Place): Promise<Check> {
  if (schema === undefined) return () => undefined;
  const { Compile } = await import('typebox/compile');
  const validator: Validator = Compile(schema);
  const known = propertiesOf(schema);
  return (value) => {
    const unknown = known === undefined || !isRecord(value) ? [] : Object.keys(value).filter((key) => !known.has(key));
    if (unknown.length === 0 && validator.Check(value)) return;
    const details = [
      ...unknown.map((key) => unknownField(key, [...(known ?? [])])),
      ...validator.Errors(value).flatMap((error) => describe(error, value, schema)),
    ];
    const unique = [...new Set(details)].slice(0, 20);
    const [first = 'it does not fit its schema'] = unique;
    const where = place === 'params' ? 'path' : place;
    throw new Problem('invalid', `The ${where} is not valid: ${first}.`, { details: unique });
  };
}

/** One problem as words, none for an entry that another says better. */
function describe(error: TLocalizedValidationError, root: unknown, schema: TSchema): string[] {
  const field = fieldName(error.instancePath);
  switch (error.keyword) {
    case 'boolean':
      return [];
    case 'required':
      return error.params.requiredProperties.map((key) => `\`${join(field, key)}\` is missing`);
    case 'additionalProperties': {
      const siblings = [...(propertiesOf(schemaAt(schema, error.instancePath)) ?? [])];
      // At the top, the caller has said it already.
      return field === '' ? [] : error.params.additionalProperties.map((key) => unknownField(key, siblings, field));
    }
    case 'type':
      return [`${quoted(field)} must be ${article(String(error.params.type))}, not ${kindOf(at(root, error))}`];
    case 'pattern':
      return [`${quoted(field)} must match ${String(error.params.pattern)}`];
    case 'const':
      return [`${quoted(field)} must be ${JSON.stringify(error.params.allowedValue)}`];
    case 'anyOf':
      return [`${quoted(field)} is none of the forms that are possible here`];
    default:
      return [`${quoted(field)} ${error.message}`];
  }
}

function unknownField(key: string, known: string[], parent = ''): string {
  const nearest = nearestWord(key, known);
  return `\`${join(parent, key)}\` is not known${nearest === undefined ? '' : `; did you mean \`${nearest}\``}`;
}

const quoted = (field: string): string => (field === '' ? 'it' : `\`${field}\``);
const join = (parent: string, key: string): string => (parent === '' ? key : `${parent}.${key}`);
const fieldName = (pointer: string): string => parts(pointer).join('.');
const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

function parts(pointer: string): string[] {
  const words = pointer.split('/').slice(1);
  return words.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(root: unknown, error: TLocalizedValidationError): unknown {
  let value = root;
  for (const part of parts(error.instancePath)) {
    value = isRecord(value) || Array.isArray(value) ? (value as Record<string, unknown>)[part] : undefined;
  }
  return value;
}

function schemaAt(schema: TSchema, pointer: string): TSchema | undefined {
  let current: unknown = schema;
  for (const part of parts(pointer)) {
    const properties = isRecord(current) ? current.properties : undefined;
    current = isRecord(properties) ? properties[part] : undefined;
  }
  return isRecord(current) ? (current as TSchema) : undefined;
}

function propertiesOf(schema: TSchema | undefined): Set<string> | undefined {
  const properties = schema === undefined || !('properties' in schema) ? undefined : schema.properties;
  return isRecord(properties) ? new Set(Object.keys(properties)) : undefined;
}

function typeOf(schema: TSchema): string | undefined {
  return 'type' in schema && typeof schema.type === 'string' ? schema.type : undefined;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return article(Array.isArray(value) ? 'array' : typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
