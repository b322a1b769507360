import path from 'node:path';

/** Extensions of scripts that something on a usual machine runs; the tracker picks the program by them. */
export const scriptExtensions = ['.py', '.R', '.r', '.sh', '.jl', '.mjs', '.js'] as const;

/** Names that people give to the script that trains. */
const telling = /(^|[_-])(train|training|main|fit|run|experiment|finetune|pretrain)([_-]|$)/i;
/** Names of files that are scripts by extension only. */
const beside =
  /^(setup|conftest|__init__|test_.*|.*_test|utils?|config|models?|datasets?|losses|predict|serve|eval(uate)?)$/i;

export interface ScriptFile {
  /** Relative to the training folder, `/` between parts. */
  readonly path: string;
  /** The beginning of its text. */
  readonly head: string;
}

/** The scripts of a folder that may be what trains, the likeliest first; libraries and tests are left out. */
export function plausibleScripts(files: readonly ScriptFile[]): string[] {
  return files
    .map((file) => ({ path: file.path, score: score(file) }))
    .filter(({ score: points }) => points > 0)
    .sort((a, b) => b.score - a.score || a.path.localeCompare(b.path))
    .map(({ path: script }) => script);
}

/** Whether a script looks as if it trained: it logs metrics, or is meant to be started and named for it. */
export function looksLikeTraining(name: string, text: string): boolean {
  return logs(text) || (telling.test(path.parse(name).name) && startable(text));
}

function score(file: ScriptFile): number {
  const { name, ext } = path.posix.parse(file.path);
  if (!scriptExtensions.some((known) => known === ext) || beside.test(name)) return 0;
  const depth = file.path.split('/').length - 1;
  let points = 0;
  if (telling.test(name)) points += 4;
  if (logs(file.head)) points += 4;
  if (startable(file.head)) points += 2;
  // A lone shell or R script needs no sign to be startable; a Python module without one is a library.
  if (points === 0 && ext !== '.py') points = 1;
  return points === 0 ? 0 : Math.max(0.5, points - depth);
}

/** Blanks only before the word: with line breaks among them, each blank line of a file would be tried from each other. */
function logs(text: string): boolean {
  return /^[^\S\n]*(import|from)[^\S\n]+trainyard\b/m.test(text);
}

function startable(text: string): boolean {
  return /^if\s+__name__\s*==\s*['"]__main__['"]/m.test(text) || /^#!/.test(text);
}
