import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { cutPower } from './powerCuts.ts';

// Where tests must not be skipped the ring installs Debian's `strace`; elsewhere its absence is no failure.
const strace = process.platform === 'linux' && spawnSync('strace', ['--version']).status === 0;
const skip = strace || process.env.CI !== undefined ? false : 'strace is not installed';

describe('power cuts', { skip }, () => {
  for (const seed of [1, 2]) {
    it(`lose, double and damage nothing that was acknowledged (seed ${seed})`, async () => {
      const report = await cutPower({ synchronous: 'FULL', seed, batches: 200, cuts: 500 });
      assert.deepEqual(report, { cuts: 500, lost: 0, wrong: 0, findings: [] });
    });
  }

  it('do lose acknowledged batches with synchronous=NORMAL, so the test can tell', async () => {
    const report = await cutPower({ synchronous: 'NORMAL', seed: 3, batches: 100, cuts: 100 });
    assert.equal(report.wrong, 0, report.findings.join('\n'));
    assert.ok(report.lost > 10, `lost ${report.lost} of 100`);
  });

  it('do damage when the disk ignores syncs, so the test can tell', async () => {
    const ignore = (event: { kind: string }): boolean => event.kind === 'sync';
    const report = await cutPower({ synchronous: 'FULL', seed: 4, batches: 100, cuts: 60, ignore });
    assert.ok(report.lost + report.wrong > 40, `harmed ${report.lost + report.wrong} of 60`);
  });
});
