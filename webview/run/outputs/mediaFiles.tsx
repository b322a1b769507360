import { formatNumber } from '../../../src/shared/format.ts';
import { TablePreview } from './filePreview.tsx';

interface Histogram {
  /** One more than `counts`. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** The histogram file of the logging helper: `{"edges": […], "counts": […]}`. Anything else is an empty histogram. */
export function parseHistogram(text: string): Histogram {
  try {
    const value = JSON.parse(text) as { edges?: unknown; counts?: unknown };
    const numbers = (list: unknown) => (Array.isArray(list) ? list.map(Number) : []);
    return { edges: numbers(value.edges), counts: numbers(value.counts) };
  } catch {
    return { edges: [], counts: [] };
  }
}

export function HistogramPreview({ edges, counts, label }: Histogram & { label: string }) {
  const most = Math.max(1, ...counts);
  const width = 100 / Math.max(1, counts.length);
  const total = counts.reduce((a, b) => a + b, 0);
  return (
    <div class="histogram">
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={`${label}: ${total} values`}>
        {counts.map((count, index) => (
          <rect
            key={edges[index]}
            x={index * width}
            width={width * 0.92}
            y={40 - (count / most) * 40}
            height={(count / most) * 40}
          >
            <title>{`${formatNumber(edges[index] ?? 0)} … ${formatNumber(edges[index + 1] ?? 0)}: ${count}`}</title>
          </rect>
        ))}
      </svg>
      <p class="muted tabular">
        <span>{formatNumber(edges[0] ?? 0)}</span>
        <span>{`${total} values`}</span>
        <span>{formatNumber(edges.at(-1) ?? 0)}</span>
      </p>
    </div>
  );
}

/** The table file of the logging helper: `{"columns": […], "rows": [[…]]}`. */
export function parseTable(text: string) {
  try {
    const value = JSON.parse(text) as { columns?: unknown[]; rows?: unknown[][] };
    const rows = [value.columns ?? [], ...(value.rows ?? [])].map((row) => row.map(cellText));
    return <TablePreview rows={rows} />;
  } catch {
    return <pre class="text-preview">{text}</pre>;
  }
}

function cellText(cell: unknown): string {
  if (typeof cell === 'number') return formatNumber(cell);
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
