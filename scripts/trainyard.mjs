#!/usr/bin/env node
// The command line, from a checkout: on whatever Node this was called with (20 or newer), it installs what is missing
// and hands over to Node 24. It runs the bundle where there is one, else the sources.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, ensureNode, root } from './install.mjs';

let node;
try {
  ensureInstalled(root);
  node = ensureNode();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const bundle = path.join(root, 'dist', 'cli.cjs');
const program = existsSync(bundle) ? bundle : path.join(root, 'src', 'cli', 'main.ts');
const child = spawn(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal's Ctrl-C reaches the child by itself; a signal to this process alone has to be passed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => undefined);
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
