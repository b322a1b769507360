import type { TestEvent } from 'node:test/reporters';

/** A reporter of node:test that yields nothing but the counts, as JSON, when everything is over. */
export default async function* counts(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    // Each file ends with a summary of its own; the one without a file is the total.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    const open = skipped + todo;
    yield JSON.stringify({ passed, failed: tests - passed - open, skipped: open });
  }
}
