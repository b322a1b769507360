import { existsSync } from 'node:fs';
import path from 'node:path';

/** What can be started as a program of its own; a name is its path below `src/` or `dist/`, without the extension. */
export type Program = 'tracker' | 'cli' | 'scoring/server' | `children/${string}`;

const here = import.meta.dirname;

/**
 * Whether this code runs as TypeScript from the checkout, or from a bundle. The bundler replaces `import.meta.dirname`
 * and `import.meta.filename` by their CommonJS counterparts, so both are true places at run time.
 */
export const fromSource = import.meta.filename.endsWith('.ts');

/**
 * The folder that holds `package.json`, `dist/`, `python/` and `node_modules/`. One rule for the four places that we
 * run from: the sources of a checkout, its `dist/`, the installed extension, and the copy of it under a home.
 */
export const programRoot = findRoot(here);

/** The file to give to Node to start a program: its source when we run from source ourselves, else its bundle. */
export function programFile(program: Program): string {
  return fromSource ? path.join(programRoot, sourceOf(program)) : path.join(programRoot, 'dist', `${program}.cjs`);
}

/** The folder of the Python helper, for `PYTHONPATH`. */
export function pythonFolder(): string {
  return fromSource ? path.join(programRoot, 'python') : path.join(programRoot, 'dist', 'python');
}

function sourceOf(program: Program): string {
  if (program === 'tracker') return 'src/tracker/main.ts';
  if (program === 'cli') return 'src/cli/main.ts';
  return program === 'scoring/server' ? 'src/scoring/server.ts' : `src/tracker/${program}.ts`;
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    // Nothing above: a bundle that was moved alone. The parent of dist/ is the best that can be said.
    if (path.dirname(folder) === folder) return path.dirname(start);
  }
}
