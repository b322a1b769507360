import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../install.mjs';
import { isTarget, nativeFiles, ownTarget, sizeLimit, targets } from './targets.ts';

export interface Package {
  /** Absolute path of the VSIX. */
  file: string;
  /** Bytes. */
  size: number;
}

/**
 * Builds the bundles for production and packs them with the native files of one platform.
 *
 * @param target a platform as the marketplace calls it; left out, this one
 * @throws {Error} for an unknown platform, a missing native file, or a package above its size limit
 */
export async function packageVsix(target: string = ownTarget()): Promise<Package> {
  if (!isTarget(target)) throw new Error(`There is no package for ${target}. Choose from ${targets.join(', ')}.`);
  const lines = nativeFiles(target);
  const absent = lines.map((line) => line.slice(1)).filter((file) => !existsSync(path.join(root, file)));
  if (absent.length > 0) throw new Error(`The npm packages lack files for ${target}: ${absent.join(', ')}`);
  mkdirSync(path.join(root, 'out'), { recursive: true });
  const ignoreFile = path.join(root, 'out', `vscodeignore-${target}`);
  writeFileSync(ignoreFile, `${readFileSync(path.join(root, '.vscodeignore'), 'utf8')}${lines.join('\n')}\n`);
  const file = path.join(root, 'out', `trainyard-${target}.vsix`);
  node(['esbuild.mjs', '--production']);
  node([
    ...['node_modules/@vscode/vsce/vsce', 'package', '--target', target, '--ignoreFile', ignoreFile, '--out', file],
    // The manifest's repository is not one that relative links could be rewritten to.
    ...['--no-rewrite-relative-links', '--allow-missing-repository', '--skip-license'],
  ]);
  const size = statSync(file).size;
  if (size > sizeLimit(target)) {
    throw new Error(`${path.basename(file)} has ${size} bytes; ${sizeLimit(target)} is the limit.`);
  }
  return { file, size };
}

function node(args: string[]): void {
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (done.status !== 0)
    throw new Error(`${args[0]} failed with exit code ${done.status}:\n${done.stdout}${done.stderr}`);
}
