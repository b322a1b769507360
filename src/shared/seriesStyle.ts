/**
 * A run has one colour and one dash, from its id, wherever it is drawn: tree, table, charts, hovers. Ten hues that stay
 * apart for colour-blind readers and keep at least 3:1 against both a white and a near-black background, then dashes.
 */
export const palette = [
  '#3b8eea',
  '#d9772b',
  '#1f9e89',
  '#cf5b98',
  '#8c78e0',
  '#a8901f',
  '#3fa0c4',
  '#c8553d',
  '#6f9135',
  '#a0785a',
] as const;

/** Canvas dash patterns in pixels; the first is solid. */
export const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

export interface SeriesStyle {
  readonly color: string;
  readonly dash: readonly number[];
  /** Place in the palette, 0 … 9, for icons that exist once a colour. */
  readonly index: number;
}

/** The style of a run. Depends on nothing but the id (FNV-1a over its UTF-16 units). */
export function seriesStyle(id: string): SeriesStyle {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  const index = hash % palette.length;
  // Most runs are solid: dashes are for telling apart, and tiring to read.
  const dash = Math.max(0, (Math.floor(hash / palette.length) % 10) - 6);
  return { color: palette[index] ?? palette[0], dash: dashes[dash] ?? [], index };
}

/**
 * Styles of runs shown together: each keeps its own as long as no earlier one has the same; then it takes the next hue
 * that none of them has, and with all hues in use the next dash, so that two curves in one chart are never alike.
 */
export function seriesStyles(ids: readonly string[]): Map<string, SeriesStyle> {
  const taken = new Set<string>();
  const hues = new Set(ids.map((id) => seriesStyle(id).index));
  const styles = new Map<string, SeriesStyle>();
  for (const id of ids) {
    let style = seriesStyle(id);
    if (taken.has(`${style.color} ${style.dash}`)) style = { ...style, ...freeHue(hues, style.index) };
    hues.add(style.index);
    for (let step = 0; taken.has(`${style.color} ${style.dash}`) && step < palette.length * dashes.length; step++) {
      const index = (style.index + 1) % palette.length;
      const wrapped = index === 0 ? (dashes.indexOf(style.dash) + 1) % dashes.length : -1;
      style = { color: palette[index] ?? palette[0], dash: wrapped < 0 ? style.dash : (dashes[wrapped] ?? []), index };
    }
    taken.add(`${style.color} ${style.dash}`);
    styles.set(id, style);
  }
  return styles;
}

function freeHue(used: ReadonlySet<number>, from: number): Pick<SeriesStyle, 'color' | 'index'> | undefined {
  for (let step = 1; step < palette.length; step++) {
    const index = (from + step) % palette.length;
    if (!used.has(index)) return { color: palette[index] ?? palette[0], index };
  }
  return undefined;
}
