import fs from 'node:fs';
import { plainText } from './lastError.ts';
import { logLines } from './lines.ts';

export interface LogSearch {
  readonly text: string;
  readonly from?: number | undefined;
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal;
}

export interface LogMatches {
  readonly matches: { offset: number; line: string }[];
  /** Where to go on; absent when the whole log was searched. */
  readonly next?: number;
}

const DEFAULT_LIMIT = 500;
const MAX_SHOWN = 500;
/** One answer looks through this much at most, so that a log of gigabytes answers in pieces. */
const MAX_SCANNED = 512 * 1024 * 1024;

/** Lines that contain the text. Case counts only when the text has a capital letter. Memory is bounded by a piece. */
export async function searchLog(file: string, search: LogSearch): Promise<LogMatches> {
  const fold = search.text === search.text.toLowerCase();
  const prepare = (text: string): string => (fold ? text.toLowerCase() : text);
  const contains = (text: string): boolean => prepare(text).includes(search.text);
  const from = search.from ?? 0;
  const limit = search.limit ?? DEFAULT_LIMIT;
  const to = from + MAX_SCANNED;
  const matches: LogMatches['matches'] = [];
  const options = { from, to, interesting: contains, ...(search.signal ? { signal: search.signal } : {}) };
  for await (const { offset, text } of logLines(file, options)) {
    if (!contains(text)) continue;
    if (matches.length === limit) return { matches, next: offset };
    matches.push({ offset, line: shown(text, search.text, fold) });
  }
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size > to ? { matches, next: to } : { matches };
}

/** The part of a long line around the match, without terminal colours. */
function shown(line: string, text: string, fold: boolean): string {
  const plain = plainText(line);
  if (plain.length <= MAX_SHOWN) return plain;
  const at = Math.max(0, (fold ? plain.toLowerCase() : plain).indexOf(text));
  const start = Math.max(0, Math.min(at - 100, plain.length - MAX_SHOWN));
  return plain.slice(start, start + MAX_SHOWN);
}
