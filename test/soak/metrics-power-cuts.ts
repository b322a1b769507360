/**
 * The long form of src/tracker/metrics/powerCut: `node test/soak/metrics-power-cuts.ts [CUTS] [FIRST SEED]`, 10,000 cuts
 * without arguments. Needs strace. Prints what it found and fails if a cut lost or damaged anything.
 */
import { cutPower } from '../../src/tracker/metrics/powerCut/powerCuts.ts';

const CUTS_PER_LOAD = 1000;
const [cuts = '10000', firstSeed = '100'] = process.argv.slice(2);
const total = { cuts: 0, lost: 0, wrong: 0 };
for (let seed = Number(firstSeed); total.cuts < Number(cuts); seed++) {
  const report = await cutPower({ synchronous: 'FULL', seed, batches: 400, cuts: CUTS_PER_LOAD });
  total.cuts += report.cuts;
  total.lost += report.lost;
  total.wrong += report.wrong;
  for (const finding of report.findings) process.stdout.write(`seed ${seed}: ${finding}\n`);
  process.stdout.write(
    `${total.cuts} cuts: ${total.lost} lost acknowledged points, ${total.wrong} damaged the store\n`,
  );
}
if (total.lost + total.wrong > 0) process.exitCode = 1;
