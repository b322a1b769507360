import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../install.mjs';

const lockfiles = ['package-lock.json', 'test/editor-host/package-lock.json'];

/** What must agree between the manifest, the lockfiles and the changelog. */
export function checkManifest(): string[] {
  const manifest = json('package.json');
  const complaints: string[] = [];
  for (const file of lockfiles) {
    // A registry's address in a lockfile makes every other mirror useless.
    if (/"resolved": "https?:/.test(text(file))) complaints.push(`${file} holds registry addresses; see .npmrc.`);
    complaints.push(...incomplete(file));
  }
  const locked = json('package-lock.json').version;
  if (locked !== manifest.version)
    complaints.push(`package-lock.json is of version ${locked}, package.json of ${manifest.version}.`);
  if (existsSync(path.join(root, 'CHANGELOG.md')) && !text('CHANGELOG.md').includes(manifest.version)) {
    complaints.push(`CHANGELOG.md does not mention version ${manifest.version}.`);
  }
  const oldest = manifest.engines.vscode.replace('^', '');
  const typed = json('node_modules/@types/vscode/package.json').version;
  if (typed.split('.').slice(0, 2).join('.') !== oldest.split('.').slice(0, 2).join('.')) {
    complaints.push(
      `@types/vscode is ${typed}, but the oldest supported editor is ${oldest}: a newer API would go unnoticed.`,
    );
  }
  return complaints;
}

/**
 * `npm ci` refuses a lockfile that lacks an optional dependency, another platform's included. `npm install` writes such
 * a lockfile without a word when the registry at hand does not have that package.
 */
function incomplete(file: string): string[] {
  const { packages } = JSON.parse(text(file)) as { packages: Record<string, { optionalDependencies?: object }> };
  const present = new Set(Object.keys(packages).map((place) => place.split('node_modules/').at(-1)));
  return Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) => {
    const absent = Object.keys(optionalDependencies).filter((name) => !present.has(name));
    return absent.length > 0 ? [`${file} lacks ${absent.join(', ')}, which ${place} may need: npm ci will fail.`] : [];
  });
}

interface Manifest {
  version: string;
  engines: { vscode: string };
}

function json(file: string): Manifest {
  return JSON.parse(text(file)) as Manifest;
}

function text(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
