import path from 'node:path';
import { nodeTestGlobs } from '../../test/rings/rings.ts';
import { sources } from './sources.ts';

/** A test that no ring's glob matches would never run, and nobody would notice. */
export function checkTestGlobs(files: string[] = sources().map(({ file }) => file)): string[] {
  const globs = [...Object.values(nodeTestGlobs).flat(), 'test/editor/suite/**/*.test.ts', 'test/soak/**/*.test.ts'];
  const tests = files.filter((file) => /\.(test|spec)\.tsx?$/.test(file));
  return tests
    .filter((file) => !globs.some((glob) => path.posix.matchesGlob(file, glob)))
    .map((file) => `${file} belongs to no ring of npm test; test/rings/rings.ts lists their globs.`);
}
