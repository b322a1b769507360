// The first program of `npm start`, `npm test` and `npm run package`: node scripts/run.mjs SCRIPT.ts [ARGUMENT...]
// It runs on whatever Node there is (20 or newer), installs what is missing, and hands over to Node 24.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureInstalled, ensureNode, root } from './install.mjs';

const [script, ...rest] = process.argv.slice(2);
if (!script) {
  console.error('Usage: node scripts/run.mjs SCRIPT.ts [ARGUMENT...]');
  process.exit(2);
}

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`Trainyard's scripts need Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

let node;
try {
  ensureInstalled(root);
  node = ensureNode();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const bin = path.join(root, 'node_modules', '.bin');
const child = spawn(node, [path.resolve(root, script), ...rest], {
  stdio: 'inherit',
  env: { ...process.env, PATH: [path.dirname(node), bin, process.env.PATH].join(path.delimiter) },
});
// A terminal's Ctrl-C reaches the child by itself; a signal to this process alone has to be passed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => undefined);
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
