import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Subject } from '../run/subject.ts';
import { useConnected, useKept } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { arrange, emptyLayout, move, toggle } from './chartLayout.ts';
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
  const [range, setRange] = useState<readonly [number, number]>();
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => onThemeChange(() => setTheme(readTheme())), []);
  const hover = useRef(new HoverStore()).current;
  const { ref, width } = useWidth();
  const connected = useConnected();

  const columns = Math.min(6, Math.max(1, Math.floor(width / MIN_CHART_PX)));
  const groups = arrange(keys, layout, search);
  const shown = groups.flatMap((group) => group.keys);
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
  const common = { axis, logarithmic, smoothing, range, theme };
  const commonKey = JSON.stringify(common);
  const states = useMemo(
    () => new Map(shown.map((key) => [key, { ...common, series: seriesOf(subjects, curves, key) }])),
    [curves, commonKey, shown.join('\n'), subjects],
  );

  const actionsFor = (key: string, state: ChartState) => ({
    onRange: setRange,
    onPin: () => setLayout({ ...layout, pinned: toggle(layout.pinned, key) }),
    onHide: () => setLayout({ ...layout, hidden: toggle(layout.hidden, key) }),
    onMove: (by: -1 | 1) => setLayout(move(layout, shown, key, by)),
    onExport: (kind: 'png' | 'svg' | 'csv', view: ChartView) => {
      exportChart(kind, key, state, view, subjects).catch(() => undefined);
    },
  });

  return (
    <div class="charts" ref={ref}>
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
      {keys.length === 0 ? <p class="empty">{empty}</p> : null}
      {keys.length > 0 && shown.length === 0 ? <p class="empty">No chart matches “{search}”.</p> : null}
      {groups.map((group) => (
        <section key={group.name} class="chart-group">
          {group.name ? <h3>{group.name}</h3> : null}
          <div class="chart-grid" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
            {group.keys.map((key) => {
              const state = states.get(key);
              return state ? (
                <MetricChart
                  key={key}
                  title={key}
                  state={state}
                  pinned={layout.pinned.includes(key)}
                  stale={!connected}
                  hover={hover}
                  actions={actionsFor(key, state)}
                />
              ) : null;
            })}
          </div>
        </section>
      ))}
    </div>
  );
}

function seriesOf(subjects: readonly Subject[], curves: Curves, key: string): ChartSeries[] {
  return subjects.flatMap(({ run, style }) => {
    const curve = curves.get(run.id)?.get(key);
    return curve ? [{ id: run.id, label: run.name, color: style.color, dash: style.dash, curve }] : [];
  });
}

async function exportChart(
  kind: 'png' | 'svg' | 'csv',
  key: string,
  state: ChartState,
  view: ChartView,
  subjects: readonly Subject[],
): Promise<void> {
  const fileName = `${key.replace(/[^\w.-]+/g, '-')}.${kind}`;
  if (kind === 'png') await host.act({ name: 'save', fileName, content: await view.png() });
  else if (kind === 'svg') await host.act({ name: 'save', fileName, content: chartSvg(key, state, view.bounds) });
  else {
    const parts = await Promise.all(
      subjects.map(({ run }) =>
        host.bytes('runs.metricsCsv', { params: { workspace: run.workspace, run: run.id }, query: { key } }),
      ),
    );
    const text = parts.map((part) => new TextDecoder().decode(part.body));
    // Several runs become one table with the run in front; the header is needed once.
    const rows = text.map((csv, i) => {
      const lines = csv.trimEnd().split('\n');
      const name = JSON.stringify(subjects[i]?.run.name ?? '');
      return lines.map((line, n) => (n === 0 ? `run,${line}` : `${name},${line}`)).slice(i === 0 ? 0 : 1);
    });
    const content = subjects.length === 1 ? (text[0] ?? '') : `${rows.flat().join('\n')}\n`;
    await host.act({ name: 'save', fileName, content });
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
