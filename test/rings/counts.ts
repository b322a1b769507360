/** What a ring, or all of them, came to. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The line that ends `npm test`; CI and people look for exactly this form. */
export function summary(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

/** Reads the counts that a runner has left as JSON. No file, or no test at all, is a failure: something went wrong. */
export function parseReport(text: string | undefined, ring: string): Counts {
  if (text === undefined) throw new Error(`The ${ring} ring left no report: its runner ended before it was done.`);
  const { passed, failed, skipped } = JSON.parse(text) as Record<string, unknown>;
  if (typeof passed !== 'number' || typeof failed !== 'number' || typeof skipped !== 'number') {
    throw new Error(`The ${ring} ring's report has no counts: ${text}`);
  }
  if (passed + failed + skipped === 0) throw new Error(`The ${ring} ring found no test at all.`);
  return { passed, failed, skipped };
}
