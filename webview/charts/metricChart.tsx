import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatNumber } from '../../src/shared/format.ts';
import { Button } from '../shared/controls/toolkit.tsx';
import { ChartTable } from './chartTable.tsx';
import { type ChartState, ChartView, formatX } from './chartView.ts';
import { nearest } from './curves.ts';
import type { HoverStore } from './hoverStore.ts';
import { usePlotGestures } from './plotGestures.ts';

export interface ChartActions {
  onRange(range: readonly [number, number] | undefined): void;
  onPin(): void;
  onHide(): void;
  /** Moves the chart one place towards the front (−1) or the back (+1). */
  onMove(by: -1 | 1): void;
  onExport(kind: 'png' | 'svg' | 'csv', view: ChartView): void;
}

interface MetricChartProps {
  readonly title: string;
  readonly state: ChartState;
  readonly pinned: boolean;
  readonly stale: boolean;
  readonly hover: HoverStore;
  readonly actions: ChartActions;
}

/** One chart of the grid: title with the latest or hovered values, canvas, and a menu of what can be done with it. */
export function MetricChart({ title, state, pinned, stale, hover, actions }: MetricChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<ChartView | undefined>(undefined);
  const [table, setTable] = useState(false);
  const [menu, setMenu] = useState(false);

  useLayoutEffect(() => {
    if (!canvas.current || table) return;
    const made = new ChartView(canvas.current, state);
    view.current = made;
    const stop = hover.listen((x) => made.hover(x));
    return () => {
      stop();
      made.destroy();
      view.current = undefined;
    };
  }, [table]);
  useEffect(() => view.current?.update(state), [state]);
  const gestures = usePlotGestures({ view, hover, axis: state.axis, onRange: actions.onRange });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (event.key === 't') setTable(!table);
    else if (event.key === 'p') actions.onPin();
    else if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowUp')) actions.onMove(-1);
    else if (event.altKey && (event.key === 'ArrowRight' || event.key === 'ArrowDown')) actions.onMove(1);
    else if (!gestures.onKey(event)) return;
    event.preventDefault();
  };

  const exportAs = (kind: 'png' | 'svg' | 'csv') => {
    setMenu(false);
    if (view.current) actions.onExport(kind, view.current);
  };

  return (
    <figure
      class={`chart${stale ? ' stale' : ''}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the figure takes the keys that zoom, pan and show the table.
      tabIndex={0}
      onKeyDown={onKeyDown}
      aria-label={summary(title, state)}
    >
      <figcaption>
        <span class="chart-title" title={title}>
          {pinned ? <span class="codicon codicon-pinned" title="Pinned" /> : null}
          {title}
        </span>
        <span class="chart-tools">
          {state.range ? (
            <Button
              appearance="icon"
              icon="screen-normal"
              label={`Reset zoom of ${title}`}
              onClick={() => actions.onRange(undefined)}
            />
          ) : null}
          <Button
            appearance="icon"
            icon="ellipsis"
            label={`Actions for ${title}`}
            pressed={menu}
            onClick={() => setMenu(!menu)}
          />
        </span>
      </figcaption>
      <Readout state={state} hover={hover} />
      {menu ? (
        <ul class="popup" onMouseLeave={() => setMenu(false)}>
          <MenuItem
            text={pinned ? 'Unpin' : 'Pin to top'}
            keys="P"
            onClick={() => {
              setMenu(false);
              actions.onPin();
            }}
          />
          <MenuItem
            text="Hide"
            onClick={() => {
              setMenu(false);
              actions.onHide();
            }}
          />
          <MenuItem text="Move left" keys="Alt+←" onClick={() => actions.onMove(-1)} />
          <MenuItem text="Move right" keys="Alt+→" onClick={() => actions.onMove(1)} />
          <MenuItem
            text={table ? 'Show chart' : 'Show as table'}
            keys="T"
            onClick={() => {
              setMenu(false);
              setTable(!table);
            }}
          />
          <MenuItem text="Save as PNG…" onClick={() => exportAs('png')} />
          <MenuItem text="Save as SVG…" onClick={() => exportAs('svg')} />
          <MenuItem text="Save all points as CSV…" onClick={() => exportAs('csv')} />
        </ul>
      ) : null}
      <div class="chart-plot">
        {table ? <ChartTable state={state} title={title} /> : <canvas ref={canvas} {...gestures.handlers} />}
        {!table && gestures.selection ? (
          <div
            class="chart-selection"
            style={{ left: `${gestures.selection[0]}px`, width: `${gestures.selection[1]}px` }}
          />
        ) : null}
      </div>
    </figure>
  );
}

function MenuItem({ text, keys, onClick }: { text: string; keys?: string; onClick: () => void }) {
  return (
    <li>
      <button type="button" onClick={onClick}>
        <span>{text}</span>
        {keys ? <kbd>{keys}</kbd> : null}
      </button>
    </li>
  );
}

/** The values at the crosshair, or the latest ones; one line a run, so that nothing jumps when the pointer enters. */
function Readout({ state, hover }: { state: ChartState; hover: HoverStore }) {
  const [x, setX] = useState(hover.x);
  useEffect(() => hover.listen(setX), [hover]);
  const rows = state.series.map((series) => {
    const { curve } = series;
    const at = x === undefined ? curve.x.length - 1 : nearest(curve, x);
    return { series, x: curve.x[at], y: at < 0 ? undefined : curve.y[at] };
  });
  return (
    <div class="chart-readout">
      {rows.map(({ series, x: at, y }) => (
        <span key={series.id} class="readout">
          <i class="swatch" style={{ background: series.color }} />
          {rows.length > 1 ? <span class="readout-label">{series.label}</span> : null}
          <b>{y === undefined ? '–' : formatNumber(y)}</b>
          {at === undefined ? null : <span class="muted">{formatX(at, state.axis, [at, at])}</span>}
        </span>
      ))}
    </div>
  );
}

function summary(title: string, { series }: ChartState): string {
  const values = series.map((one) => `${one.label} ${formatNumber(one.curve.y.at(-1) ?? Number.NaN)}`);
  return `Chart of ${title}. Latest: ${values.join(', ') || 'no points yet'}. T shows a table, plus and minus zoom, arrows pan, 0 resets.`;
}
