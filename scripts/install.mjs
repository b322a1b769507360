// Set-up of a folder's packages. It runs on a bare Node 20 from a fresh clone, so it uses Node's own modules only.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Installs a folder's packages as its lockfile says, unless they are there already.
 *
 * Install scripts never run: every native package we use brings its binaries along, onnxruntime-node's script only
 * fetches CUDA files (and fails without a network), and npm 10, 11 and 12 differ in which scripts they allow. The one
 * script that is needed, that of the `node` package, is run by name in `ensureNode`.
 *
 * @param {string} folder absolute path of a folder with a package-lock.json
 * @param {{ because?: string }} [options]
 * @throws {Error} when npm fails; what npm said has been printed by then
 */
export function ensureInstalled(folder, options = {}) {
  if (!isStale(folder)) return;
  const unlock = lock(path.join(root, '.cache', `install-${path.basename(folder)}.lock`));
  try {
    if (!isStale(folder)) return;
    const what = path.relative(root, folder) || 'the project';
    console.log(`Installing the packages of ${what}${options.because ? ` (${options.because})` : ''} …`);
    npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  } finally {
    unlock();
  }
}

/**
 * The path of the Node that the project's scripts run on (24, from the npm package `node`), installed if need be.
 * The package's own script picks the binary of this platform.
 *
 * @returns {string}
 */
export function ensureNode() {
  const folder = path.join(root, 'node_modules', 'node');
  const binary = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    const done = spawnSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, encoding: 'utf8' });
    if (!existsSync(binary)) {
      throw new Error(
        `Node 24 could not be installed from the npm package "node":\n${done.stdout}${done.stderr}\n` +
          'Check the network and the npm registry settings, then run the command again.',
      );
    }
  }
  return binary;
}

/**
 * Hands over to Node 24, the packages installed before, and ends with its exit code.
 *
 * @param {string[]} args what that Node is to run
 * @param {{ withTools?: boolean }} [options] whether the packages' programs come first on PATH
 */
export function handOver(args, options = {}) {
  let node;
  try {
    ensureInstalled(root);
    node = ensureNode();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  const bin = path.join(root, 'node_modules', '.bin');
  const PATH = [path.dirname(node), bin, process.env.PATH].join(path.delimiter);
  const child = spawn(node, args, {
    stdio: 'inherit',
    env: options.withTools ? { ...process.env, PATH } : process.env,
  });
  // A terminal's Ctrl-C reaches the child by itself; a signal to this process alone has to be passed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
}

/**
 * Compares the lockfile with npm's own record of what it installed (`node_modules/.package-lock.json`). A stamp file
 * of ours would miss a package that was added by `npm install` and would then throw that work away.
 *
 * @param {string} folder
 */
export function isStale(folder) {
  const wanted = packagesOf(path.join(folder, 'package-lock.json'));
  const present = packagesOf(path.join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return true;
  return Object.entries(wanted).some(([where, entry]) => {
    if (!where.startsWith('node_modules/') || entry.optional || entry.devOptional || entry.peer) return false;
    return present[where]?.version !== entry.version || !existsSync(path.join(folder, where));
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function npm(args, cwd) {
  // npm is a script on Windows, which only a shell can start; the arguments are ours and need no quoting.
  const windows = process.platform === 'win32';
  const done = spawnSync(windows ? 'npm.cmd' : 'npm', args, { cwd, stdio: 'inherit', shell: windows });
  if (done.error?.code === 'ENOENT')
    throw new Error('npm was not found on PATH. It comes with Node: install Node 20 or newer.');
  if (done.status !== 0)
    throw new Error(`npm ${args[0]} failed in ${cwd} with exit code ${done.status}. Its own message stands above.`);
}

/** Two commands started at once must not both install. A lock older than ten minutes is a leftover. */
function lock(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify({ pid: process.pid, at: Date.now() }), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isLeftover(file)) rmSync(file, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function isLeftover(file) {
  try {
    const { pid, at } = JSON.parse(readFileSync(file, 'utf8'));
    if (Date.now() - at > 600_000) return true;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
