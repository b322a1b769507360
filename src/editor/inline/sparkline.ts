/** One curve, as the tracker reduced it; null is a gap. */
export interface Line {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly color: string;
  /** Lengths of strokes and gaps in pixels; absent or empty is solid. */
  readonly dash?: readonly number[];
}

const ends = (values: readonly number[]): [number, number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
};

/** The path of a curve in a box; gaps interrupt it, and a lone point becomes a dot. */
export function curvePath(line: Line, box: { x: number; y: number; width: number; height: number }): string {
  const finite = line.y.filter((value): value is number => value !== null);
  const [lowY, highY] = ends(finite);
  const [lowX, highX] = ends(line.x);
  const spanX = highX - lowX || 1;
  // A flat curve runs through the middle instead of along an edge.
  const spanY = highY - lowY || 1;
  const flat = highY === lowY;
  const parts: string[] = [];
  let pen = false;
  line.x.forEach((x, index) => {
    const y = line.y[index];
    if (y === null || y === undefined) {
      pen = false;
      return;
    }
    const px = box.x + ((x - lowX) / spanX) * box.width;
    const py = box.y + (flat ? 0.5 : 1 - (y - lowY) / spanY) * box.height;
    const alone = !pen && (line.y[index + 1] === null || line.y[index + 1] === undefined);
    parts.push(`${pen ? 'L' : 'M'}${round(px)} ${round(py)}${alone ? 'h.01' : ''}`);
    pen = true;
  });
  return parts.join('');
}

/** The small curve at the end of a line. The decoration's size is the picture's own. */
export function sparkline(line: Line, options: { width?: number; height?: number; stale?: boolean } = {}): string {
  const { width = 48, height = 12, stale = false } = options;
  const box = { x: 1, y: 1.5, width: width - 2, height: height - 3 };
  const path = curvePath(line, box);
  const opacity = stale ? ' opacity="0.4"' : '';
  // Half as long as in a chart, so that a curve of 48 pixels shows them at all.
  const dash = dashOf(line.dash?.map((length) => length / 2));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><path d="${path}" fill="none" stroke="${line.color}" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round"${dash}${opacity}/></svg>`;
}

/** The larger chart of a hover: one curve with the ends of both axes written on it. */
export function hoverChart(
  line: Line,
  labels: { low: string; high: string; from: string; to: string; foreground: string },
): string {
  const [width, height] = [340, 130];
  const box = { x: 52, y: 10, width: width - 62, height: height - 34 };
  const text = (x: number, y: number, anchor: string, content: string) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family="sans-serif" font-size="10" fill="${labels.foreground}">${escapeXml(content)}</text>`;
  const bottom = box.y + box.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<path d="M${box.x} ${box.y}V${bottom}H${box.x + box.width}" fill="none" stroke="${labels.foreground}" stroke-opacity="0.35"/>`,
    `<path d="${curvePath(line, box)}" fill="none" stroke="${line.color}" stroke-width="1.6" stroke-linejoin="round"${dashOf(line.dash)}/>`,
    text(box.x - 5, box.y + 4, 'end', labels.high),
    text(box.x - 5, bottom, 'end', labels.low),
    text(box.x, bottom + 15, 'start', labels.from),
    text(box.x + box.width, bottom + 15, 'end', labels.to),
    '</svg>',
  ].join('');
}

export function svgDataUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

function dashOf(dash: readonly number[] | undefined): string {
  return dash && dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
