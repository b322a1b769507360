/** How benchmarks show and keep their results. */
import { writeFileSync } from 'node:fs';

/** One measured number. `peer` is what it was measured against in the same run, `ratio` how often better ours is. */
export interface BenchRecord {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly peer?: number;
  readonly ratio?: number;
  /** What was asked of it, as shown: `<= 5`. */
  readonly target?: string;
}

/** Prints a table and, with `--json FILE` on the command line, writes the records there. */
export function report(title: string, records: readonly BenchRecord[], argv: readonly string[] = process.argv): void {
  const columns = ['name', 'value', 'unit', 'peer', 'ratio', 'target'] as const;
  const used = columns.filter((column) => records.some((record) => record[column] !== undefined));
  const cells = records.map((record) => used.map((column) => cell(record[column])));
  const widths = used.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const numeric = used.map((column) => column === 'value' || column === 'peer' || column === 'ratio');
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, i) => (numeric[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (numeric[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  process.stdout.write(`\n${title}\n\n${[line(used), line(rule), ...cells.map(line)].join('\n')}\n`);
  const at = argv.indexOf('--json');
  const file = argv[at + 1];
  if (at >= 0 && file !== undefined) writeFileSync(file, `${JSON.stringify(records, null, 2)}\n`);
}

/** The median time of `work` in milliseconds, after one call that does not count. */
export function medianTime(work: () => unknown, times = 9): number {
  work();
  const taken = Array.from({ length: times }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
