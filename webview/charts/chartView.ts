import {
  Chart,
  type ChartConfiguration,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
} from 'chart.js';
import { formatDuration, formatNumber } from '../../src/shared/format.ts';
import { type DrawnCurve, extent, smooth } from './curves.ts';
import type { ChartTheme } from './theme.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

export type Axis = 'step' | 'time' | 'relative';

export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly curve: DrawnCurve;
}

export interface ChartState {
  readonly series: readonly ChartSeries[];
  readonly axis: Axis;
  readonly logarithmic: boolean;
  /** 0 … 0.99 */
  readonly smoothing: number;
  /** What is shown of x; undefined for everything. */
  readonly range: readonly [number, number] | undefined;
  readonly theme: ChartTheme;
}

interface Point {
  x: number;
  y: number;
}

const LINE_WIDTH = 1.5;
const RAW_ALPHA = '55';

/**
 * One canvas with chart.js, tuned for live data: nothing is parsed, animated or measured that is known already, and
 * bounds are fixed, because the curves arrive sorted and reduced to what the canvas can show.
 */
export class ChartView {
  readonly #chart: Chart<'line', Point[]>;
  #state: ChartState;
  #hoverX: number | undefined;

  constructor(canvas: HTMLCanvasElement, state: ChartState) {
    this.#state = state;
    const configuration: ChartConfiguration<'line', Point[]> = {
      type: 'line',
      data: { datasets: [] },
      options: this.#options(),
      plugins: [
        {
          id: 'trainyard',
          // The first drawing is part of making the chart, before it can be kept in a field.
          afterDatasetsDraw: (chart) => {
            this.#drawGaps(chart);
            this.#drawCrosshair(chart);
          },
        },
      ],
    };
    this.#chart = new Chart(canvas, configuration);
    this.update(state);
  }

  update(state: ChartState): void {
    this.#state = state;
    this.#chart.data.datasets = datasets(state);
    this.#chart.options = this.#options();
    this.#chart.update('none');
  }

  /** Draws the vertical line at `x`, shared by all charts of a page. */
  hover(x: number | undefined): void {
    if (x === this.#hoverX) return;
    this.#hoverX = x;
    this.#chart.draw();
  }

  /** The x under a pixel of the canvas, or undefined outside the plot. */
  xAt(offsetX: number): number | undefined {
    const area = this.#chart.chartArea;
    if (!area || offsetX < area.left - 4 || offsetX > area.right + 4) return undefined;
    return this.#chart.scales.x?.getValueForPixel(Math.min(area.right, Math.max(area.left, offsetX)));
  }

  /** Left and right of the plot in pixels of the canvas. */
  get plot(): { left: number; right: number; top: number; bottom: number } {
    const { left, right, top, bottom } = this.#chart.chartArea;
    return { left, right, top, bottom };
  }

  /** The shown bounds. */
  get bounds(): { x: readonly [number, number]; y: readonly [number, number] } {
    const { x, y } = this.#chart.scales;
    return { x: [x?.min ?? 0, x?.max ?? 1], y: [y?.min ?? 0, y?.max ?? 1] };
  }

  resize(): void {
    this.#chart.resize();
  }

  /** A PNG with the theme's background, not transparent: it will be pasted elsewhere. */
  png(): Promise<Uint8Array> {
    const { canvas } = this.#chart;
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext('2d');
    if (!context) return Promise.reject(new Error('The canvas cannot be read.'));
    context.fillStyle = this.#state.theme.background;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    return new Promise((resolve, reject) => {
      copy.toBlob((blob) => {
        if (!blob) reject(new Error('The canvas could not be encoded.'));
        else blob.arrayBuffer().then((bytes) => resolve(new Uint8Array(bytes)), reject);
      }, 'image/png');
    });
  }

  destroy(): void {
    this.#chart.destroy();
  }

  #options(): NonNullable<ChartConfiguration<'line', Point[]>['options']> {
    const { theme, axis, logarithmic } = this.#state;
    const x = xBounds(this.#state);
    const y = yBounds(this.#state);
    const ticks = { color: theme.muted, font: { family: theme.font, size: 11 }, maxRotation: 0, minRotation: 0 };
    const grid = { color: theme.grid, lineWidth: theme.highContrast ? 1 : 0.5, drawTicks: false };
    // Full lines in a contrast colour would outshine the curves.
    const border = { display: false, dash: theme.highContrast ? [1, 4] : [] };
    return {
      animation: false,
      parsing: false,
      normalized: true,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      layout: { padding: { top: 4, right: 8, bottom: 0, left: 0 } },
      scales: {
        x: {
          type: 'linear',
          min: x[0],
          max: x[1],
          grid: { ...grid, display: false },
          border,
          ticks: {
            ...ticks,
            maxTicksLimit: 6,
            padding: 4,
            includeBounds: false,
            callback: (value) => formatX(Number(value), axis, x),
          },
        },
        y: {
          type: logarithmic ? 'logarithmic' : 'linear',
          min: y[0],
          max: y[1],
          grid,
          border,
          ticks: {
            ...ticks,
            // Six give steps of 0.2 between 0 and 1; five would give 0.5.
            maxTicksLimit: 6,
            padding: 6,
            includeBounds: false,
            callback: (v) => formatNumber(Number(v), 3),
          },
          // A fixed width keeps the plots of a grid aligned and still while live numbers grow.
          afterFit: (scale) => {
            scale.width = 48;
          },
        },
      },
      elements: { point: { radius: 0 }, line: { tension: 0 } },
    };
  }

  /** Where something not finite was logged, a tick stands at the foot of the plot: a gap of one point is no wider. */
  #drawGaps({ scales, ctx, chartArea }: Chart): void {
    const scale = scales.x;
    if (!scale) return;
    ctx.save();
    for (const { curve, color } of this.#state.series) {
      ctx.fillStyle = color;
      curve.y.forEach((y, i) => {
        const x = curve.x[i] ?? 0;
        if (!Number.isNaN(y) || x < scale.min || x > scale.max) return;
        ctx.fillRect(Math.round(scale.getPixelForValue(x)) - 1, chartArea.bottom - 4, 2, 4);
      });
    }
    ctx.restore();
  }

  #drawCrosshair({ scales, ctx, chartArea }: Chart): void {
    const x = this.#hoverX;
    if (x === undefined) return;
    const scale = scales.x;
    if (!scale || x < scale.min || x > scale.max) return;
    const pixel = Math.round(scale.getPixelForValue(x)) + 0.5;
    ctx.save();
    ctx.strokeStyle = this.#state.theme.muted;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(pixel, chartArea.top);
    ctx.lineTo(pixel, chartArea.bottom);
    ctx.stroke();
    ctx.restore();
  }
}

/** Text of a value on the x axis: a step, a clock time, or a duration since the start. */
export function formatX(value: number, axis: Axis, bounds: readonly [number, number]): string {
  if (axis === 'step') return Number.isInteger(value) || bounds[1] - bounds[0] < 2 ? formatNumber(value, 5) : '';
  if (axis === 'relative') return formatDuration(value);
  const day = bounds[1] - bounds[0] > 86_400_000;
  return new Date(value).toLocaleString(
    undefined,
    day
      ? { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }
      : { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  );
}

function datasets(state: ChartState): ChartDataset<'line', Point[]>[] {
  const smoothed = state.smoothing > 0;
  const result: ChartDataset<'line', Point[]>[] = [];
  for (const { curve, color, dash } of state.series) {
    const single = curve.x.length === 1;
    const pointRadius = radii(curve.y);
    const line = {
      borderDash: [...dash],
      spanGaps: false,
      pointRadius,
      pointBackgroundColor: color,
      pointBorderWidth: 0,
    };
    const points = toPoints(curve.x, curve.y);
    // The raw curve stays visible, faint, below the smooth one.
    result.push({
      ...line,
      data: points,
      borderColor: smoothed && !single ? color + RAW_ALPHA : color,
      borderWidth: smoothed ? 1 : LINE_WIDTH,
      order: 2,
    });
    if (!smoothed || single) continue;
    const y = smooth(curve.y, state.smoothing);
    result.push({ ...line, data: toPoints(curve.x, y), borderColor: color, borderWidth: LINE_WIDTH + 0.5, order: 1 });
  }
  return result;
}

/** A point between two gaps has no line that would show it, so it is a dot. */
function radii(y: Float64Array): number | number[] {
  const finite = (i: number) => Number.isFinite(y[i] ?? Number.NaN);
  const alone = (i: number) => finite(i) && !finite(i - 1) && !finite(i + 1);
  const list = Array.from(y, (_, i) => (alone(i) ? (y.length === 1 ? 3 : 2) : 0));
  return list.some((radius) => radius > 0) ? list : 0;
}

function toPoints(x: Float64Array, y: Float64Array): Point[] {
  return Array.from(x, (value, i) => ({ x: value, y: y[i] ?? Number.NaN }));
}

function xBounds({ series, range, axis }: ChartState): [number, number] {
  const [low, high] = range ?? extent(series.map((one) => one.curve.x)) ?? [0, 1];
  if (high > low) return [low, high];
  const half = axis === 'step' ? 1 : 1000;
  return [low - half, high + half];
}

function yBounds({ series, logarithmic }: ChartState): [number, number] {
  const found = extent(
    series.map((one) => one.curve.y),
    logarithmic,
  );
  if (!found) return logarithmic ? [0.1, 1] : [0, 1];
  const [min, max] = found;
  if (logarithmic) return [min / 1.2, max * 1.2];
  const margin = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.1 || 0.5;
  return [min - margin, max + margin];
}
