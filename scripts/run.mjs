// The first program of `npm start`, `npm test` and `npm run package`: node scripts/run.mjs SCRIPT.ts [ARGUMENT...]
// It runs on whatever Node there is (20 or newer), installs what is missing, and hands over to Node 24.
import path from 'node:path';
import { handOver, root } from './install.mjs';

const [script, ...rest] = process.argv.slice(2);
if (!script) {
  console.error('Usage: node scripts/run.mjs SCRIPT.ts [ARGUMENT...]');
  process.exit(2);
}

if (Number.parseInt(process.versions.node, 10) < 20) {
  console.error(`Trainyard's scripts need Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

handOver([path.resolve(root, script), ...rest], { withTools: true });
