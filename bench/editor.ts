// What a person waits for in the editor: `npm run bench:editor [-- --json FILE]`. Needs a packaged extension; makes it.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ownTarget } from '../scripts/packaging/targets.ts';
import { packageVsix } from '../scripts/packaging/vsix.ts';
import { materialise } from '../src/tracker/snapshots/materialise.ts';
import { openSnapshotStore } from '../src/tracker/snapshots/store.ts';
import { take } from '../src/tracker/snapshots/take.ts';
import { temporaryFolder } from '../test/harness/home.ts';
import { root } from '../test/harness/paths.ts';
import { measureActivation } from './editor/activation.ts';
import { measureDeploy } from './editor/deploy.ts';
import { measureFollowing, measureLongLog } from './editor/memory.ts';
import { bareProgram, measureFirstOutput, measureTrackerStart } from './editor/tracker.ts';
import { awaitQuiet, howQuiet } from './quiet.ts';
import { type BenchRecord, report } from './table.ts';

const records: BenchRecord[] = [];
const ms = (name: string, value: number, more: Partial<BenchRecord> = {}) =>
  records.push({ name, unit: 'ms', value, ...more });
const megabytes = (name: string, bytes: number, target?: string) =>
  records.push({ name, unit: 'MB', value: bytes / 1e6, ...(target ? { target } : {}) });

const { file: vsix, size } = await packageVsix(ownTarget());

const activation = await measureActivation(vsix, 3);
if (Number.isFinite(activation.load)) ms('extension: load', activation.load);
ms('extension: activate', activation.activate, { target: '<= 50' });
megabytes('extension host: growth', activation.hostGrowth, '<= 30');

const start = await measureTrackerStart(7);
const node = bareProgram(process.execPath, ['-e', '0'], 7);
ms('tracker: start to listening, beside its Node', start.own, { peer: node, target: '<= 30' });
ms('tracker: start to first answer, Node included', start.toAnswer, { peer: node });
megabytes('tracker: memory at rest', start.atRest, '<= 80');
megabytes('tracker: memory, 50 runs followed', await measureFollowing(50), '<= 150');
megabytes('tracker: memory at most, a log of 1 GB', await measureLongLog(1000), '<= 200');

const sh = { peer: bareProgram('sh', ['-c', 'echo hello'], 7), target: '<= 150' };
ms('submit to first output: sh', await measureFirstOutput('hello.sh', 'echo hello\n', 7), sh);
const python = { peer: bareProgram('python3', ['-c', 'print("hello")'], 7), target: '<= 150' };
ms('submit to first output: python', await measureFirstOutput('hello.py', 'print("hello")\n', 7), python);
await awaitQuiet();
await measureSnapshot();

ms('deploy to healthy: process', await measureDeploy('process'));
if (process.env.DOCKER_HOST) ms('deploy to healthy: container, image built', await measureDeploy('docker'));

megabytes('package', size, '<= 30');
for (const name of ['extension.cjs', 'tracker.cjs', 'cli.cjs']) {
  megabytes(`bundle: ${name}`, statSync(path.join(root, 'dist', name)).size);
}
const pages = readdirSync(path.join(root, 'dist', 'webview')).filter((name) => name.endsWith('.js'));
for (const name of pages) megabytes(`page: ${name}`, statSync(path.join(root, 'dist', 'webview', name)).size);

report('The editor (peer: the same program, started by itself and doing nothing)', records);
process.stdout.write(`${howQuiet()}\n`);

/** The example's own folder, unchanged since the last snapshot, and its copy for a run. `bench/snapshots.ts` has more. */
async function measureSnapshot(): Promise<void> {
  await using folder = temporaryFolder('bench');
  const store = await openSnapshotStore(path.join(folder.path, 'store'));
  const example = path.join(root, 'examples', 'digits');
  await take(example, store);
  let from = performance.now();
  const { id } = await take(example, store);
  ms('snapshot of the example, unchanged', performance.now() - from);
  from = performance.now();
  await materialise(store, id, path.join(folder.path, 'copy'));
  ms('copy of the example for a run', performance.now() - from);
}
