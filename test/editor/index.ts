import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import util from 'node:util';
import Mocha from 'mocha';

/**
 * The entry that the editor calls inside its extension host. The extension host's output is not ours, so Mocha's text
 * goes to a file beside the report.
 */
export async function run(): Promise<void> {
  const report = process.env.TRAINYARD_TEST_REPORT;
  if (!report) throw new Error('TRAINYARD_TEST_REPORT must name the file for the counts.');
  Mocha.reporters.Base.consoleLog = (...values: unknown[]) =>
    appendFileSync(`${report}.txt`, `${util.format(...values)}\n`);
  const mocha = new Mocha({ ui: 'tdd', timeout: 60_000, color: false, reporter: 'spec' });
  if (process.env.TRAINYARD_TEST_GREP) mocha.grep(process.env.TRAINYARD_TEST_GREP);
  const suite = path.join(import.meta.dirname, 'suite');
  for (const file of readdirSync(suite)) if (file.endsWith('.test.cjs')) mocha.addFile(path.join(suite, file));
  const stats = await new Promise<Mocha.Stats | undefined>((done) => {
    const runner = mocha.run(() => done(runner.stats));
  });
  const { passes = 0, failures = 0, pending = 0 } = stats ?? {};
  writeFileSync(report, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
  if (failures > 0) throw new Error(`${failures} failed`);
}
