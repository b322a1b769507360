#!/usr/bin/env node
// The command line, from a checkout: on whatever Node this was called with (20 or newer), it installs what is missing
// and hands over to Node 24. It runs the bundle where there is one, else the sources. Its PATH is the caller's own,
// since a run that is submitted gets it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { handOver, root } from './install.mjs';

const bundle = path.join(root, 'dist', 'cli.cjs');
const program = existsSync(bundle) ? bundle : path.join(root, 'src', 'cli', 'main.ts');
handOver([program, ...process.argv.slice(2)]);
