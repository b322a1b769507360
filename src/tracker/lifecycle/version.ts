import fs from 'node:fs';
import path from 'node:path';
import { programRoot } from '../../shared/programFiles.ts';

/** The version of this program, from its package.json. Tests of hand-over pretend another. */
export const version = process.env.TRAINYARD_PRETEND_VERSION ?? readVersion();

function readVersion(): string {
  const text = fs.readFileSync(path.join(programRoot, 'package.json'), 'utf8');
  const manifest = JSON.parse(text) as { version: string };
  return manifest.version;
}
