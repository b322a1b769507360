import { readdirSync } from 'node:fs';
import path from 'node:path';
import { nearestWord } from '../../../shared/nearestWord.ts';

const MAX_FILES = 3000;
const MAX_DEPTH = 4;
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv', 'env', 'site-packages']);

/** The file of the folder whose path or name is nearest to what was asked for; undefined when nothing is near. */
export function nearestFile(folder: string, wanted: string): string | undefined {
  const files = filesOf(folder);
  const samePlace = nearestWord(wanted, files);
  if (samePlace !== undefined) return samePlace;
  const byName = files.filter((file) => path.posix.basename(file) === path.posix.basename(wanted));
  if (byName[0] !== undefined) return byName[0];
  const near = nearestWord(path.posix.basename(wanted), [...new Set(files.map((file) => path.posix.basename(file)))]);
  if (near !== undefined) return files.find((file) => path.posix.basename(file) === near);
  // The same name with another ending, such as train.R for train.py.
  const stem = (file: string): string => path.posix.basename(file, path.posix.extname(file));
  return files.find((file) => stem(file) === stem(wanted));
}

/** Paths below the folder with `/`, breadth first, so that what is near the top is found before the limit. */
function filesOf(folder: string): string[] {
  const found: string[] = [];
  const queue = [{ relative: '', depth: 0 }];
  for (const { relative, depth } of queue) {
    for (const entry of entriesOf(path.join(folder, relative))) {
      const inner = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory()) {
        const skipped = depth >= MAX_DEPTH || entry.name.startsWith('.') || SKIPPED.has(entry.name);
        if (!skipped) queue.push({ relative: inner, depth: depth + 1 });
      } else found.push(inner);
      if (found.length >= MAX_FILES) return found;
    }
  }
  return found;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
