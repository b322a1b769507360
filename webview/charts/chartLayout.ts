/** How a person has arranged the charts; kept over reloads. */
export interface ChartLayout {
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
  readonly order: readonly string[];
}

export const emptyLayout: ChartLayout = { pinned: [], hidden: [], order: [] };

export interface ChartGroup {
  /** The part of the names before `/`; empty for names without one. */
  readonly name: string;
  readonly keys: readonly string[];
}

/** The charts to show, group by group: pinned ones first, then by the part of the name before `/`. */
export function arrange(keys: readonly string[], layout: ChartLayout, search: string): ChartGroup[] {
  const wanted = search.trim().toLowerCase();
  const shown = keys.filter((key) => !layout.hidden.includes(key) && key.toLowerCase().includes(wanted));
  const place = (key: string) => {
    const at = layout.order.indexOf(key);
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  const sorted = [...shown].sort((a, b) => place(a) - place(b) || compareMetrics(a, b));
  const groups = new Map<string, string[]>();
  const pinned = sorted.filter((key) => layout.pinned.includes(key));
  if (pinned.length > 0) groups.set('Pinned', pinned);
  for (const key of sorted) {
    if (layout.pinned.includes(key)) continue;
    const name = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
    groups.set(name, [...(groups.get(name) ?? []), key]);
  }
  return [...groups].map(([name, members]) => ({ name, keys: members }));
}

/** Moves a chart one place among those shown. */
export function move(layout: ChartLayout, shown: readonly string[], key: string, by: -1 | 1): ChartLayout {
  const order = [...shown];
  const from = order.indexOf(key);
  const to = from + by;
  if (from < 0 || to < 0 || to >= order.length) return layout;
  order.splice(from, 1);
  order.splice(to, 0, key);
  return { ...layout, order };
}

export function toggle(list: readonly string[], key: string): readonly string[] {
  return list.includes(key) ? list.filter((one) => one !== key) : [...list, key];
}

/** Loss and accuracy before the rest, then by name, numbers in names by value. */
export function compareMetrics(a: string, b: string): number {
  const rank = (key: string) => (/loss/i.test(key) ? 0 : /acc|auc|f1|score/i.test(key) ? 1 : 2);
  return rank(a) - rank(b) || a.localeCompare(b, undefined, { numeric: true });
}

/** The name below its group's heading, which says the rest. */
export function shortName(group: string, key: string): string {
  return group !== '' && key.startsWith(`${group}/`) ? key.slice(group.length + 1) : key;
}
