import { writeFileSync } from 'node:fs';

/** One measured figure. `peer` is the value of what it is compared with, in the same unit; `ratio` is peer ÷ value. */
export interface BenchRecord {
  name: string;
  unit: string;
  value: number;
  peer?: number;
  ratio?: number;
}

/** Prints the figures as a table and, with `--json FILE` on the command line, writes them there. */
export function report(title: string, records: BenchRecord[]): void {
  const whole = records.map((record) =>
    record.peer === undefined || record.ratio !== undefined ? record : { ...record, ratio: record.peer / record.value },
  );
  const head = ['', 'value', 'unit', 'peer', 'ratio'];
  const rows = whole.map(({ name, unit, value, peer, ratio }) => [
    name,
    figure(value),
    unit,
    figure(peer),
    figure(ratio),
  ]);
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)));
  console.log(title);
  for (const row of [head, ...rows]) {
    const cells = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
    );
    console.log(`  ${cells.join('  ')}`);
  }
  const at = process.argv.indexOf('--json');
  const file = process.argv[at + 1];
  if (at !== -1 && file !== undefined) writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
}

function figure(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
