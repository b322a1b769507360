import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MetricSummary } from '../../src/shared/domain/run.ts';
import { fromFloat } from '../../src/shared/float.ts';
import { formatNumber } from '../../src/shared/format.ts';
import { Menu, type MenuItem } from '../shared/controls/menu.tsx';
import { Button } from '../shared/controls/toolkit.tsx';
import { Swatch } from '../shared/swatch.tsx';
import { ChartTable } from './chartTable.tsx';
import { type ChartState, ChartView, formatX } from './chartView.ts';
import { nearest, smooth } from './curves.ts';
import type { HoverStore } from './hoverStore.ts';
import { usePlotGestures } from './plotGestures.ts';

export interface ChartActions {
  onRange(range: readonly [number, number] | undefined): void;
  onPin(): void;
  onHide(): void;
  /** Moves the chart one place towards the front (−1) or the back (+1). */
  onMove(by: -1 | 1): void;
  /** `view` is undefined while the table is shown; only CSV does without it. */
  onExport(kind: 'png' | 'svg' | 'csv', view: ChartView | undefined): void;
}

interface MetricChartProps {
  readonly metric: string;
  /** The metric's name below its group's heading. */
  readonly title: string;
  /** Of each run, by id; these say what was logged last, also where it is no number. */
  readonly latest: ReadonlyMap<string, MetricSummary>;
  readonly state: ChartState;
  readonly pinned: boolean;
  readonly stale: boolean;
  readonly hover: HoverStore;
  readonly actions: ChartActions;
}

/** One chart of the grid: title with the latest or hovered values, canvas, and a menu of what can be done with it. */
export function MetricChart({ metric, title, latest, state, pinned, stale, hover, actions }: MetricChartProps) {
  const figure = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const near = useNear(figure);
  const view = useRef<ChartView | undefined>(undefined);
  const [table, setTable] = useState(false);

  useLayoutEffect(() => {
    if (!canvas.current || table || !near) return;
    const made = new ChartView(canvas.current, state);
    view.current = made;
    const stop = hover.listen((x) => made.hover(x));
    return () => {
      stop();
      made.destroy();
      view.current = undefined;
    };
  }, [table, near]);
  useEffect(() => view.current?.update(state), [state]);
  const gestures = usePlotGestures({ view, hover, axis: state.axis, onRange: actions.onRange });

  const onKeyDown = (event: KeyboardEvent) => {
    // Ctrl+P and its kin are the editor's.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    if (key === 't') setTable(!table);
    else if (key === 'p') actions.onPin();
    else if (key === 'h') actions.onHide();
    else if (event.altKey && (event.key === 'ArrowLeft' || event.key === 'ArrowUp')) actions.onMove(-1);
    else if (event.altKey && (event.key === 'ArrowRight' || event.key === 'ArrowDown')) actions.onMove(1);
    else if (!gestures.onKey(event)) return;
    event.preventDefault();
  };

  const exportAs = (kind: 'png' | 'svg' | 'csv') => {
    actions.onExport(kind, view.current);
  };

  const items: MenuItem[] = [
    { text: pinned ? 'Unpin' : 'Pin to top', keys: 'P', run: actions.onPin },
    { text: 'Hide', keys: 'H', run: actions.onHide },
    { text: 'Move left', keys: 'Alt+←', run: () => actions.onMove(-1) },
    { text: 'Move right', keys: 'Alt+→', run: () => actions.onMove(1) },
    { text: table ? 'Show chart' : 'Show as table', keys: 'T', run: () => setTable(!table) },
    ...(table
      ? []
      : [
          { text: 'Save as PNG…', run: () => exportAs('png') },
          { text: 'Save as SVG…', run: () => exportAs('svg') },
        ]),
    { text: 'Save all points as CSV…', run: () => exportAs('csv') },
  ];

  return (
    <figure
      ref={figure}
      class={`chart${stale ? ' stale' : ''}`}
      data-metric={metric}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the figure takes the keys that zoom, pan and show the table.
      tabIndex={0}
      onKeyDown={onKeyDown}
      aria-label={summary(metric, state, latest)}
    >
      <figcaption>
        <span class="chart-title" title={metric}>
          {pinned ? <span class="codicon codicon-pinned" title="Pinned" /> : null}
          {title}
        </span>
        <span class="chart-tools">
          {state.range ? (
            <Button
              appearance="icon"
              icon="screen-normal"
              label={`Reset zoom of ${metric}`}
              onClick={() => actions.onRange(undefined)}
            />
          ) : null}
          <Menu label={`Actions for ${metric}`} items={items} />
        </span>
      </figcaption>
      <Readout state={state} latest={latest} hover={hover} />
      <div class="chart-plot">
        {table ? <ChartTable state={state} title={metric} /> : <canvas ref={canvas} {...gestures.handlers} />}
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

interface ReadoutProps {
  readonly state: ChartState;
  readonly latest: ReadonlyMap<string, MetricSummary>;
  readonly hover: HoverStore;
}

/** The values at the crosshair, or the latest ones; one line a run, so that nothing jumps when the pointer enters. */
function Readout({ state, latest, hover }: ReadoutProps) {
  const [x, setX] = useState(hover.x);
  useEffect(() => hover.listen(setX), [hover]);
  const smoothed = useMemo(
    () => (state.smoothing > 0 ? state.series.map(({ curve }) => smooth(curve.y, state.smoothing)) : []),
    [state],
  );
  const rows = state.series.map((series, index) => {
    const { curve } = series;
    const last = x === undefined && !state.range ? latest.get(series.id) : undefined;
    const at = x === undefined ? curve.x.length - 1 : nearest(curve, x);
    const value = last ? formatNumber(fromFloat(last.last)) : at < 0 ? '–' : formatNumber(curve.y[at] ?? Number.NaN);
    const where = last && state.axis === 'step' ? last.lastStep : curve.x[at];
    return { series, value, where, smooth: smoothed[index]?.[at] };
  });
  return (
    <div class="chart-readout">
      {rows.map(({ series, value, where, smooth: trend }) => (
        <span key={series.id} class="readout">
          <Swatch {...series} />
          {rows.length > 1 ? (
            <span class="readout-label" title={series.label}>
              {series.label}
            </span>
          ) : null}
          <b>{value}</b>
          {trend !== undefined && Number.isFinite(trend) ? (
            <span class="muted" title="Smoothed">{`~ ${formatNumber(trend, 4)}`}</span>
          ) : null}
          {where === undefined ? null : (
            <span class="muted">{`${state.axis === 'step' ? 'step ' : ''}${formatX(where, state.axis, [where, where])}`}</span>
          )}
        </span>
      ))}
    </div>
  );
}

/** True once an element has come near the view: a page of five hundred charts draws those that are looked at. */
function useNear(ref: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new IntersectionObserver(([entry]) => setNear(entry?.isIntersecting ?? true), {
      rootMargin: '400px 0px',
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return near;
}

function summary(title: string, { series }: ChartState, latest: ReadonlyMap<string, MetricSummary>): string {
  const values = series.map((one) => {
    const last = latest.get(one.id)?.last;
    return `${one.label} ${last === undefined ? '–' : formatNumber(fromFloat(last))}`;
  });
  return `Chart of ${title}. Latest: ${values.join(', ') || 'no points yet'}. T shows a table, plus and minus zoom, arrows pan, 0 resets, P pins, H hides.`;
}
