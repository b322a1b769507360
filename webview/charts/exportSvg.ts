import { formatNumber } from '../../src/shared/format.ts';
import { type ChartState, formatX } from './chartView.ts';
import { smooth } from './curves.ts';

const WIDTH = 720;
const HEIGHT = 400;
const PLOT = { left: 64, top: 36, right: 704, bottom: 360 };

/**
 * A chart as a standalone SVG, drawn from the reduced curves that the screen shows: small, sharp at any size, and with
 * the extremes in it. `bounds` are those of the screen, so that a zoomed chart is exported zoomed.
 */
export function chartSvg(
  title: string,
  state: ChartState,
  bounds: { x: readonly [number, number]; y: readonly [number, number] },
): string {
  const { theme, axis, logarithmic, smoothing } = state;
  const value = (y: number) => (logarithmic ? Math.log10(y) : y);
  const [y0, y1] = [value(bounds.y[0]), value(bounds.y[1])];
  const px = (x: number) => PLOT.left + ((x - bounds.x[0]) / (bounds.x[1] - bounds.x[0])) * (PLOT.right - PLOT.left);
  const py = (y: number) => PLOT.bottom - ((value(y) - y0) / (y1 - y0)) * (PLOT.bottom - PLOT.top);
  const parts: string[] = [];
  for (let i = 0; i <= 4; i++) {
    const at = y0 + ((y1 - y0) * i) / 4;
    const y = PLOT.bottom - ((PLOT.bottom - PLOT.top) * i) / 4;
    const text = formatNumber(logarithmic ? 10 ** at : at, 3);
    parts.push(
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}" stroke="${theme.muted}" stroke-opacity="0.3"/>`,
    );
    parts.push(`<text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${escapeXml(text)}</text>`);
    const x = bounds.x[0] + ((bounds.x[1] - bounds.x[0]) * i) / 4;
    const anchor = i === 0 ? 'start' : i === 4 ? 'end' : 'middle';
    parts.push(
      `<text x="${px(x)}" y="${PLOT.bottom + 20}" text-anchor="${anchor}">${escapeXml(formatX(axis === 'step' ? Math.round(x) : x, axis, bounds.x))}</text>`,
    );
  }
  state.series.forEach((series, index) => {
    const draw = (y: Float64Array, width: number, opacity: number) => {
      const d = pathOf(series.curve.x, y, px, py);
      const dash = series.dash.length > 0 ? ` stroke-dasharray="${series.dash.join(' ')}"` : '';
      parts.push(
        `<path d="${d}" fill="none" stroke="${series.color}" stroke-width="${width}" stroke-opacity="${opacity}"${dash}/>`,
      );
    };
    draw(series.curve.y, 1.5, smoothing > 0 ? 0.35 : 1);
    if (smoothing > 0) draw(smooth(series.curve.y, smoothing), 2, 1);
    const y = HEIGHT - 8;
    const x = PLOT.left + index * 160;
    const dash = series.dash.length > 0 ? ` stroke-dasharray="${series.dash.join(' ')}"` : '';
    parts.push(
      `<line x1="${x}" x2="${x + 16}" y1="${y - 4}" y2="${y - 4}" stroke="${series.color}" stroke-width="2"${dash}/><text x="${x + 22}" y="${y}">${escapeXml(series.label)}</text>`,
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="${theme.foreground}">`,
    `<rect width="100%" height="100%" fill="${theme.background}"/>`,
    `<text x="${PLOT.left}" y="22" font-size="14" font-weight="600">${escapeXml(title)}</text>`,
    `<clipPath id="plot"><rect x="${PLOT.left}" y="${PLOT.top}" width="${PLOT.right - PLOT.left}" height="${PLOT.bottom - PLOT.top}"/></clipPath>`,
    ...parts.map((part) => (part.startsWith('<path') ? part.replace('/>', ' clip-path="url(#plot)"/>') : part)),
    '</svg>',
  ].join('\n');
}

function pathOf(x: Float64Array, y: Float64Array, px: (x: number) => number, py: (y: number) => number): string {
  let d = '';
  let pen = 'M';
  for (let i = 0; i < x.length; i++) {
    const [left, top] = [px(x[i] ?? 0), py(y[i] ?? Number.NaN)];
    if (!Number.isFinite(top)) {
      pen = 'M';
      continue;
    }
    d += `${pen}${left.toFixed(1)} ${top.toFixed(1)}`;
    pen = 'L';
  }
  return d;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
