// npm run package [-- --target PLATFORM...]: the VSIX of this platform, or of those named; `all` names every one.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './install.mjs';
import { ownTarget, targets } from './packaging/targets.ts';
import { packageVsix } from './packaging/vsix.ts';

const { values } = parseArgs({ options: { target: { type: 'string', multiple: true } } });
const wanted = (values.target ?? [ownTarget()]).flatMap((target) => (target === 'all' ? targets : [target]));
try {
  for (const target of wanted) {
    const { file, size } = await packageVsix(target);
    console.log(`${path.relative(root, file)}  ${(size / 1e6).toFixed(1)} MB`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
