import fs from 'node:fs';
import path from 'node:path';
import { programRoot } from './programFiles.ts';

let known: string | undefined;

/** The version of this program, from its package.json. Tests of hand-over pretend another. */
export function ownVersion(): string {
  known ??= process.env.TRAINYARD_PRETEND_VERSION || readVersion();
  return known;
}

function readVersion(): string {
  const text = fs.readFileSync(path.join(programRoot, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
