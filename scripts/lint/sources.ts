import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../install.mjs';

export interface Source {
  /** Path from the checkout, with slashes. */
  file: string;
  text: string;
}

const folders = ['src', 'webview', 'test', 'scripts', 'bench'];

/** All TypeScript of ours; what git ignores is not ours. */
export function sources(): Source[] {
  return fileList()
    .filter((file) => folders.includes(file.split('/')[0] ?? '') && /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}

function fileList(): string[] {
  try {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return listed.split('\0').filter((file) => existsSync(path.join(root, file)));
  } catch {
    // An unpacked archive has no git.
    const exclude = (name: string) => name === 'node_modules' || name === 'out';
    return folders.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root, exclude }));
  }
}
