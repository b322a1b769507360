import { formatNumber } from '../../src/shared/format.ts';
import { type ChartState, formatX } from './chartView.ts';
import { nearest } from './curves.ts';

const ROWS = 200;

/** The same curves as numbers, for the keyboard and for screen readers: at most 200 rows, evenly chosen. */
export function ChartTable({ state, title }: { state: ChartState; title: string }) {
  const longest = state.series.reduce<Float64Array>(
    (a, b) => (b.curve.x.length > a.length ? b.curve.x : a),
    new Float64Array(),
  );
  const every = Math.max(1, Math.ceil(longest.length / ROWS));
  const xs = Array.from(longest).filter((_, i) => i % every === 0 || i === longest.length - 1);
  return (
    <div class="chart-table">
      <table>
        <caption class="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{state.axis}</th>
            {state.series.map((series) => (
              <th key={series.id} scope="col">
                {series.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {xs.map((x) => (
            <tr key={x}>
              <th scope="row">{formatX(x, state.axis, [x, x])}</th>
              {state.series.map((series) => {
                const at = nearest(series.curve, x);
                return <td key={series.id}>{at < 0 ? '–' : formatNumber(series.curve.y[at] ?? Number.NaN)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
