import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { Problem } from './api/problem.ts';

/**
 * JSON as people write it: comments and trailing commas are allowed.
 *
 * @throws Problem `invalid` that names `file` and the line of the first mistake
 */
export function parseCommentedJson(text: string, file: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error === undefined) return value;
  const line = text.slice(0, error.offset).split('\n').length;
  throw new Problem('invalid', `${file}:${line} is not JSON: ${printParseErrorCode(error.error)}.`);
}
