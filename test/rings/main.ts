// `npm test [-- RING...]`: runs the rings one after the other and ends with the sum of what they counted.
import { add, type Counts, noCounts, summary } from './counts.ts';
import { Provisions } from './provisions.ts';
import { type Ring, rings } from './rings.ts';

const strict = /^(1|true)$/i.test(process.env.CI ?? '');

process.exitCode = await main(process.argv.slice(2));

async function main(names: string[]): Promise<number> {
  const unknown = names.filter((name) => !rings.some((ring) => ring.name === name));
  if (unknown.length > 0) {
    console.error(`There is no ring ${unknown.join(', ')}. Choose from:`);
    for (const ring of rings) console.error(`  ${ring.name.padEnd(10)} ${ring.about}`);
    return 2;
  }
  const chosen = rings.filter((ring) => names.length === 0 || names.includes(ring.name));
  await using provisions = new Provisions();
  await provisions.install(chosen.flatMap((ring) => [...ring.needs, ...(ring.wants ?? [])]));
  const rows: Row[] = [];
  for (const ring of chosen) rows.push(await runRing(ring, provisions));
  return report(rows);
}

interface Row {
  ring: string;
  counts: Counts;
  seconds: number;
  note: string;
}

async function runRing(ring: Ring, provisions: Provisions): Promise<Row> {
  console.log(`\n── ${ring.name}: ${ring.about}`);
  const start = performance.now();
  const row = (counts: Counts, note = ''): Row => {
    if (note) console.error(`${ring.name}: ${note}`);
    return { ring: ring.name, counts, note, seconds: (performance.now() - start) / 1000 };
  };
  try {
    const missing = await provisions.missing(ring.needs);
    // On a person's machine a missing engine is a fact; in CI it would hide what was not tested.
    if (missing) return row({ ...noCounts, [strict ? 'failed' : 'skipped']: 1 }, `not run: ${missing}`);
    return row(await ring.run(provisions));
  } catch (error) {
    return row({ ...noCounts, failed: 1 }, error instanceof Error ? error.message : String(error));
  }
}

function report(rows: Row[]): number {
  const total = rows.reduce((sum, row) => add(sum, row.counts), noCounts);
  console.log('\nring        passed  failed  skipped  seconds');
  for (const { ring, counts, seconds, note } of rows) {
    const figures = [counts.passed, counts.failed, counts.skipped].map((n, i) => String(n).padStart(i === 2 ? 8 : 7));
    // The reason alone; the whole message stands above.
    console.log(
      `${ring.padEnd(11)}${figures.join(' ')}  ${seconds.toFixed(1).padStart(7)}  ${note.split('\n')[0]}`.trimEnd(),
    );
  }
  console.log(`\n${summary(total)}`);
  return total.failed > 0 ? 1 : 0;
}
