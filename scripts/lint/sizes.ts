import { type Source, sources } from './sources.ts';

const mostLines = 400;

/** A file that no longer fits into a head has two reasons to change. */
export function checkSizes(all: Source[] = sources()): string[] {
  return all
    .map(({ file, text }) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > mostLines)
    .map(({ file, lines }) => `${file} has ${lines} lines; ${mostLines} are the most.`);
}
