import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { outFolder, root } from '../harness/paths.ts';
import { run, which } from './command.ts';
import { type Counts, parseReport } from './counts.ts';
import type { Need, Provisions } from './provisions.ts';

export interface Ring {
  name: string;
  about: string;
  needs: Need[];
  /** Installed where that is possible; without them some tests of the ring skip themselves and say so. */
  wants?: Need[];
  run(provisions: Provisions): Promise<Counts>;
}

/** Cheap and telling first. Every `*.test.ts` belongs to one of the globs here; the lint ring checks that. */
export const rings: Ring[] = [
  { name: 'types', about: 'TypeScript, for Node and for the browser', needs: [], run: types },
  { name: 'lint', about: 'Biome, contributions, import rules, test globs', needs: [], run: lint },
  {
    name: 'unit',
    about: 'the core in plain Node',
    needs: ['git', 'python'],
    wants: ['strace', 'shells'],
    run: () => nodeTests('unit', {}),
  },
  { name: 'python', about: 'the logging helper', needs: ['python'], run: python },
  {
    name: 'editor',
    about: 'a suite inside a real extension host, from the sources',
    needs: ['chromium', 'python'],
    run: editor,
  },
  { name: 'vsix', about: 'the same suite against the installed VSIX', needs: ['chromium', 'python'], run: installed },
  { name: 'interface', about: 'the installed VSIX in a real browser', needs: ['chromium', 'python'], run: ui },
  { name: 'engines', about: 'a real Docker engine', needs: ['docker', 'python'], run: engines },
];

/** The node:test files of each ring, as globs from the checkout. The editor's Mocha suite is found by its bundler. */
export const nodeTestGlobs = {
  unit: [
    'src/**/*.test.ts',
    'webview/**/*.test.ts',
    'scripts/**/*.test.ts',
    'bench/**/*.test.ts',
    'test/{unit,rings,harness}/**/*.test.ts',
  ],
  interface: ['test/interface/**/*.test.ts'],
  engines: ['test/engines/**/*.test.ts'],
} as const;

/** Projects that are checked one by one, since each knows only the globals that its code will meet, and their files. */
const projects = {
  '.': 'src/**/*.ts',
  webview: 'webview/**/*.tsx',
  'webview/tsconfig.test.json': 'webview/**/*.test.ts',
  'test/interface': 'test/interface/**/*.ts',
};

async function types(): Promise<Counts> {
  const compiler = 'node_modules/typescript/bin/tsc';
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [project, files] of Object.entries(projects)) {
    // The compiler calls a project without files an error.
    if (globSync(files, { cwd: root }).length === 0) continue;
    const code = await run(process.execPath, [compiler, '-p', project, '--noEmit']);
    counts[code === 0 ? 'passed' : 'failed'] += 1;
  }
  return counts;
}

async function lint(): Promise<Counts> {
  const report = freshReport('lint');
  await run(process.execPath, ['scripts/lint/main.ts', report]);
  return parseReport(read(report), 'lint');
}

async function nodeTests(
  ring: keyof typeof nodeTestGlobs,
  env: Record<string, string>,
  concurrency = 2,
): Promise<Counts> {
  const report = freshReport(ring);
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...[`--test-reporter=./test/rings/reporter.ts`, `--test-reporter-destination=${report}`],
  ];
  const args = [
    '--test',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=300000',
    ...reporters,
    ...nodeTestGlobs[ring],
  ];
  // Hundreds of tests on a slow machine; one that hangs is ended by its own limit.
  const code = await run(process.execPath, args, { env, timeoutMs: 2_400_000 });
  const counts = parseReport(read(report), ring);
  // For example a reporter or a setup that broke: red, although no test says so.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function python(): Promise<Counts> {
  const report = freshReport('python');
  await run(which('python3') ?? 'python', ['-B', 'test/rings/pythonTests.py', 'python', report]);
  return parseReport(read(report), 'python');
}

async function editor(provisions: Provisions): Promise<Counts> {
  await provisions.build();
  return mocha('editor', {});
}

async function installed(provisions: Provisions): Promise<Counts> {
  return mocha('vsix', { TRAINYARD_TEST_VSIX: await provisions.vsix() });
}

async function mocha(ring: string, env: Record<string, string>): Promise<Counts> {
  const report = freshReport(ring);
  await run(process.execPath, ['test/editor/run.ts', report], { env });
  return parseReport(read(report), ring);
}

async function ui(provisions: Provisions): Promise<Counts> {
  const env = { TRAINYARD_TEST_VSIX: await provisions.vsix(), ...(await provisions.dockerIfPresent()) };
  return nodeTests('interface', env, 1);
}

async function engines(provisions: Provisions): Promise<Counts> {
  await provisions.build();
  return nodeTests('engines', await provisions.docker(), 1);
}

function freshReport(ring: string): string {
  const file = path.join(outFolder, 'reports', `${ring}.json`);
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(file, { force: true });
  return path.relative(root, file);
}

function read(report: string): string | undefined {
  try {
    return readFileSync(path.join(root, report), 'utf8');
  } catch {
    return undefined;
  }
}
