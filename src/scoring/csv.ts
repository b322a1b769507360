import { InputError } from './inputError.ts';

/**
 * Reads comma-separated values with a header line, as RFC 4180 describes them: quotes hold commas, newlines and
 * doubled quotes. Every cell stays a text; the model's input types decide what it is cast to. An empty cell is null.
 */
export function parseCsv(text: string): { columns: string[]; rows: (string | null)[][] } {
  const records = [...readRecords(text.replace(/^\uFEFF/, ''))];
  const header = records.shift();
  if (!header) throw new InputError('The CSV is empty; its first line must name the columns.');
  const columns = header.map((name) => name ?? '');
  records.forEach((record, index) => {
    if (record.length !== columns.length) {
      throw new InputError(`Row ${index} of the CSV has ${record.length} cells for ${columns.length} columns.`);
    }
  });
  return { columns, rows: records };
}

function* readRecords(text: string): Generator<(string | null)[]> {
  let position = 0;
  while (position < text.length) {
    const record: (string | null)[] = [];
    for (;;) {
      const cell = readCell(text, position);
      record.push(cell.value);
      position = cell.end;
      if (text[position] !== ',') break;
      position++;
    }
    if (text[position] === '\r') position++;
    if (text[position] === '\n') position++;
    // A blank line, most often the last one, is no record.
    if (record.length > 1 || record[0] !== null) yield record;
  }
}

function readCell(text: string, start: number): { value: string | null; end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++;
    return { value: end === start ? null : text.slice(start, end), end };
  }
  let value = '';
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw new InputError('A quote in the CSV is not closed.');
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}
