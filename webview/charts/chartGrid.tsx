import { useEffect, useRef, useState } from 'preact/hooks';
import type { MetricSummary } from '../../src/shared/domain/run.ts';
import type { Subject } from '../run/subject.ts';
import { useConnected, useKept } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { arrange, type ChartGroup, emptyLayout, move, shortName, toggle } from './chartLayout.ts';
import { ChartToolbar } from './chartToolbar.tsx';
import type { Axis, ChartSeries, ChartState, ChartView } from './chartView.ts';
import { chartSvg } from './exportSvg.ts';
import { HoverStore } from './hoverStore.ts';
import { MetricChart } from './metricChart.tsx';
import { onThemeChange, readTheme } from './theme.ts';
import { type Curves, useCurves } from './useCurves.ts';

interface ChartGridProps {
  /** The first one is what the page is about. */
  readonly subjects: readonly Subject[];
  readonly keys: readonly string[];
  /** Under this name the arrangement is kept. */
  readonly keptAs: string;
  readonly empty: string;
}

const MIN_CHART_PX = 260;

/** All charts of one or more runs: a toolbar, then groups of charts in a grid of one to six columns. */
export function ChartGrid({ subjects, keys, keptAs, empty }: ChartGridProps) {
  const [axis, setAxis] = useKept<Axis>(`${keptAs}.axis`, 'step');
  const [logarithmic, setLogarithmic] = useKept(`${keptAs}.log`, false);
  const [smoothing, setSmoothing] = useKept(`${keptAs}.smoothing`, 0);
  const [layout, setLayout] = useKept(`${keptAs}.layout`, emptyLayout);
  const [search, setSearch] = useState('');
  const [range, setRange] = useKept<readonly [number, number] | undefined>(`${keptAs}.range`, undefined);
  const [closed, setClosed] = useKept<readonly string[]>(`${keptAs}.closed`, []);
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => onThemeChange(() => setTheme(readTheme())), []);
  const hover = useRef(new HoverStore()).current;
  const { ref, width } = useWidth();
  const connected = useConnected();

  const columns = Math.min(6, Math.max(1, Math.floor(width / MIN_CHART_PX)));
  const groups = arrange(keys, layout, search);
  const isOpen = (group: ChartGroup) => search !== '' || !closed.includes(group.name);
  const shown = groups.flatMap((group) => (isOpen(group) ? group.keys : []));
  const workspace = subjects[0]?.run.workspace ?? 'default';
  const curves = useCurves({
    workspace,
    runs: subjects.map((subject) => subject.run.id),
    keys: shown,
    axis,
    range,
    // Rounded, so that dragging a sash does not re-read every pixel.
    buckets: Math.max(200, Math.round(width / columns / 100) * 100),
  });
  const states = useChartStates(subjects, shown, curves, { axis, logarithmic, smoothing, range, theme });

  const actionsFor = (key: string, state: ChartState) => ({
    onRange: setRange,
    onPin: () => setLayout({ ...layout, pinned: toggle(layout.pinned, key) }),
    onHide: () => setLayout({ ...layout, hidden: toggle(layout.hidden, key) }),
    onMove: (by: -1 | 1) => setLayout(move(layout, shown, key, by)),
    onExport: (kind: 'png' | 'svg' | 'csv', view: ChartView | undefined) => {
      exportChart(kind, key, state, view, subjects).catch(() => undefined);
    },
  });

  return (
    <div class="charts" ref={ref}>
      {keys.length === 0 ? <p class="empty">{empty}</p> : null}
      {keys.length === 0 ? null : (
        <ChartToolbar
          axis={axis}
          logarithmic={logarithmic}
          smoothing={smoothing}
          search={search}
          zoomed={range !== undefined}
          hidden={layout.hidden.filter((key) => keys.includes(key))}
          onAxis={(next) => {
            setRange(undefined);
            setAxis(next);
          }}
          onLogarithmic={setLogarithmic}
          onSmoothing={setSmoothing}
          onSearch={setSearch}
          onResetZoom={() => setRange(undefined)}
          onShowHidden={() => setLayout({ ...layout, hidden: [] })}
        />
      )}
      {keys.length > 0 && groups.length === 0 ? (
        <p class="empty">{search ? `No chart matches “${search}”.` : 'All charts are hidden.'}</p>
      ) : null}
      {groups.map((group) => (
        <section key={group.name} class="chart-group">
          {groups.length > 1 ? (
            <GroupHead group={group} open={isOpen(group)} onToggle={() => setClosed(toggle(closed, group.name))} />
          ) : null}
          {isOpen(group) ? (
            <div class="chart-grid" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
              {group.keys.map((key) => {
                const state = states.get(key);
                return state ? (
                  <MetricChart
                    key={key}
                    metric={key}
                    title={shortName(group.name, key)}
                    latest={latestOf(subjects, key)}
                    state={state}
                    pinned={layout.pinned.includes(key)}
                    stale={!connected}
                    hover={hover}
                    actions={actionsFor(key, state)}
                  />
                ) : null;
              })}
            </div>
          ) : null}
        </section>
      ))}
    </div>
  );
}

function GroupHead({ group, open, onToggle }: { group: ChartGroup; open: boolean; onToggle: () => void }) {
  return (
    <h3>
      <button type="button" class="fold" aria-expanded={open} onClick={onToggle}>
        <span class={`codicon codicon-chevron-${open ? 'down' : 'right'}`} aria-hidden="true" />
        {group.name || 'Other'}
        <span class="count tabular">{group.keys.length}</span>
      </button>
    </h3>
  );
}

/** What each chart draws. A chart whose curves did not move keeps its state object, and so is not drawn again. */
function useChartStates(
  subjects: readonly Subject[],
  shown: readonly string[],
  curves: Curves,
  common: Omit<ChartState, 'series'>,
): ReadonlyMap<string, ChartState> {
  const kept = useRef(new Map<string, { look: string; state: ChartState }>());
  const look = JSON.stringify([common, subjects.map(({ run }) => [run.id, run.name])]);
  const next = new Map<string, { look: string; state: ChartState }>();
  for (const key of shown) {
    const series = seriesOf(subjects, curves, key);
    const old = kept.current.get(key);
    const isSame =
      old?.look === look &&
      old.state.series.length === series.length &&
      series.every((one, index) => one.curve === old.state.series[index]?.curve);
    next.set(key, isSame ? old : { look, state: { ...common, series } });
  }
  kept.current = next;
  return new Map([...next].map(([key, { state }]) => [key, state]));
}

function latestOf(subjects: readonly Subject[], key: string): ReadonlyMap<string, MetricSummary> {
  const found = subjects.flatMap(({ run }) => {
    const metric = run.metrics.find((one) => one.key === key);
    return metric ? [[run.id, metric] as const] : [];
  });
  return new Map(found);
}

function seriesOf(subjects: readonly Subject[], curves: Curves, key: string): ChartSeries[] {
  return subjects.flatMap(({ run, style }) => {
    const curve = curves.get(run.id)?.get(key);
    // A dash tells runs apart; alone it would only look like gaps.
    const dash = subjects.length > 1 ? style.dash : [];
    return curve ? [{ id: run.id, label: run.name, color: style.color, dash, curve }] : [];
  });
}

async function exportChart(
  kind: 'png' | 'svg' | 'csv',
  key: string,
  state: ChartState,
  view: ChartView | undefined,
  subjects: readonly Subject[],
): Promise<void> {
  const fileName = `${key.replace(/[^\w.-]+/g, '-')}.${kind}`;
  if (kind === 'png' && view) await host.act({ name: 'save', fileName, content: await view.png() });
  else if (kind === 'svg' && view)
    await host.act({ name: 'save', fileName, content: chartSvg(key, state, view.bounds) });
  else if (kind === 'csv' && subjects.length === 1 && subjects[0]) {
    await host.act({ name: 'save-metric', run: subjects[0].run.id, key, fileName });
  } else if (kind === 'csv') {
    const parts = await Promise.all(
      subjects.map(({ run }) =>
        host.bytes('runs.metricsCsv', { params: { workspace: run.workspace, run: run.id }, query: { key } }),
      ),
    );
    const text = parts.map((part) => new TextDecoder().decode(part.body));
    // Several runs become one table with the run in front; the header is needed once.
    const rows = text.map((csv, i) => {
      const lines = csv.trimEnd().split('\n');
      const name = `"${(subjects[i]?.run.name ?? '').replaceAll('"', '""')}"`;
      return lines.map((line, n) => (n === 0 ? `run,${line}` : `${name},${line}`)).slice(i === 0 ? 0 : 1);
    });
    await host.act({ name: 'save', fileName, content: `${rows.flat().join('\n')}\n` });
  }
}

/** Width of an element, renewed when it changes. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(entry.contentRect.width);
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
