// Runs the suite inside an extension host: node test/editor/run.ts REPORT
// @vscode/test-electron starts a desktop VS Code where there is one; else our launcher, which starts the one from npm.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { resolveCliArgsFromVSCodeExecutablePath, runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { desktopExecutable } from '../harness/desktop.ts';
import { temporaryFolder, temporaryHome } from '../harness/home.ts';
import { outFolder, root } from '../harness/paths.ts';

const report = path.resolve(process.argv[2] ?? path.join(outFolder, 'reports', 'editor.json'));
const vsix = process.env.TRAINYARD_TEST_VSIX;
const bundles = path.join(outFolder, 'test', 'editor');
const desktop = desktopExecutable();

await bundle();
rmSync(`${report}.txt`, { force: true });
await using home = temporaryHome();
await using workspace = temporaryFolder('workspace');
await using profile = temporaryFolder('profile');
cpSync(path.join(root, 'test', 'fixtures', 'training'), workspace.path, { recursive: true });
const profileArguments = [`--user-data-dir=${profile.path}/data`, `--extensions-dir=${profile.path}/extensions`];
if (desktop && vsix) installOnDesktop(desktop, vsix);

try {
  await runTests({
    vscodeExecutablePath: desktop ?? path.join(import.meta.dirname, 'launcher.mjs'),
    extensionDevelopmentPath: vsix ? path.join(import.meta.dirname, 'companion') : root,
    extensionTestsPath: path.join(bundles, 'index.cjs'),
    launchArgs: [workspace.path, ...profileArguments],
    extensionTestsEnv: {
      TRAINYARD_HOME: home.path,
      TRAINYARD_TEST_REPORT: report,
      TRAINYARD_TEST_ROOT: root,
      TRAINYARD_TEST_WORKSPACE: workspace.path,
    },
  });
} catch (error) {
  process.exitCode = 1;
  console.error(error instanceof Error ? error.message : error);
} finally {
  if (existsSync(`${report}.txt`)) console.log(readFileSync(`${report}.txt`, 'utf8').trimEnd());
}

async function bundle(): Promise<void> {
  rmSync(bundles, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/editor/index.ts', ...globSync('test/editor/suite/**/*.test.ts', { cwd: root })],
    outdir: bundles,
    outbase: 'test/editor',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    sourcemap: 'inline',
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    loader: { '.node': 'empty' },
    // Mocha has to be one instance, loaded from node_modules: its `suite` and `test` are those of the running file.
    external: ['vscode', 'mocha', 'better-sqlite3', 'onnxruntime-node', 'cpu-features'],
  });
}

function installOnDesktop(executable: string, file: string): void {
  const [cli = executable, ...args] = resolveCliArgsFromVSCodeExecutablePath(executable, { reuseMachineInstall: true });
  const done = spawnSync(cli, [...args, ...profileArguments, '--install-extension', file], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`The VSIX could not be installed:\n${done.stdout}${done.stderr}`);
}
