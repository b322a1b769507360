// Everything about the sources that the compiler does not say: node scripts/lint/main.ts [REPORT]
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../install.mjs';
import { checkContributions } from './contributions.ts';
import { checkImports } from './imports.ts';
import { checkManifest } from './manifest.ts';
import { checkSizes } from './sizes.ts';
import { checkTestGlobs } from './testGlobs.ts';

/** Each returns its complaints, as whole sentences that name the place. */
const checks: Record<string, () => string[] | Promise<string[]>> = {
  Biome: biome,
  contributions: checkContributions,
  imports: checkImports,
  manifest: checkManifest,
  sizes: checkSizes,
  'test globs': checkTestGlobs,
};

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, check] of Object.entries(checks)) {
  const complaints = await check();
  for (const complaint of complaints) console.error(complaint);
  console.log(`${complaints.length === 0 ? '✓' : '✗'} ${name}`);
  counts[complaints.length === 0 ? 'passed' : 'failed'] += 1;
}
const report = process.argv[2];
if (report) {
  mkdirSync(path.dirname(report), { recursive: true });
  writeFileSync(report, JSON.stringify(counts));
}
process.exitCode = counts.failed > 0 ? 1 : 0;

function biome(): string[] {
  const program = path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const args = [program, 'check', '--error-on-warnings', '--max-diagnostics=100', '.'];
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  return done.status === 0 ? [] : [`${done.stdout}${done.stderr}`.trim()];
}
