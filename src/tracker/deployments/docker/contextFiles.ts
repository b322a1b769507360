import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../../shared/api/error.ts';
import { programRoot } from '../../../shared/programFiles.ts';
import type { ContextFile, RuntimeSource } from './describeImage.ts';

/** Of an engine: what its images must be made for. */
export interface EnginePlatform {
  readonly os: string;
  /** In Docker's words: x86_64, aarch64. */
  readonly architecture: string;
}

const ARCHITECTURES: Record<string, string> = { x86_64: 'x64', amd64: 'x64', aarch64: 'arm64', arm64: 'arm64' };

/** The scoring bundle and its probe. @throws Problem when the program is not built */
export function scoringFiles(): ContextFile[] {
  const bundle = path.join(programRoot, 'dist/scoring/server.cjs');
  if (!fs.existsSync(bundle)) {
    throw new Problem('failed', 'The scoring program is not built.', { hint: 'Run `npm run build` in the checkout.' });
  }
  const built = path.join(programRoot, 'dist/scoring/assets/health.sh');
  const probe = fs.existsSync(built) ? built : path.join(programRoot, 'src/scoring/assets/health.sh');
  return [
    { name: 'server.cjs', from: bundle },
    { name: 'health.sh', from: probe },
  ];
}

/**
 * Where the image's onnxruntime comes from: its Linux files lie in our own packages where this is Linux of the
 * engine's architecture (and in a checkout also elsewhere), else npm installs them in the build.
 *
 * @throws Problem for an engine that onnxruntime has no program for
 */
export function runtimeSource(
  engine: EnginePlatform,
  packages = path.join(programRoot, 'node_modules'),
): RuntimeSource {
  const arch = ARCHITECTURES[engine.architecture];
  if (engine.os !== 'linux' || arch === undefined) {
    throw new Problem('invalid', `There is no onnxruntime for ${engine.os} on ${engine.architecture}.`, {
      hint: 'Use an engine with Linux containers on x86-64 or ARM64.',
    });
  }
  const binaries = `onnxruntime-node/bin/napi-v6/linux/${arch}`;
  const manifest = path.join(packages, 'onnxruntime-node/package.json');
  const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string };
  const wanted = ['onnxruntime_binding.node', 'libonnxruntime.so.1'].map((name) => `${binaries}/${name}`);
  if (wanted.some((name) => !fs.existsSync(path.join(packages, name)))) return { kind: 'npm', version };
  const names = [
    'onnxruntime-node/package.json',
    ...scripts(packages, 'onnxruntime-node/dist'),
    ...wanted,
    'onnxruntime-common/package.json',
    'onnxruntime-common/dist/cjs/package.json',
    ...scripts(packages, 'onnxruntime-common/dist/cjs'),
  ];
  return { kind: 'files', files: names.map((name) => ({ name, from: path.join(packages, name) })) };
}

/** Every file below a folder, named from it. */
export function filesBelow(folder: string): ContextFile[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.join(item.parentPath, item.name))
    .sort()
    .map((from) => ({ name: path.relative(folder, from).split(path.sep).join('/'), from }));
}

function scripts(packages: string, folder: string): string[] {
  return filesBelow(path.join(packages, folder))
    .filter((file) => file.name.endsWith('.js'))
    .map((file) => `${folder}/${file.name}`);
}
