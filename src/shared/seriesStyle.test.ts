import assert from 'node:assert/strict';
import { test } from 'node:test';
import { palette, seriesStyle, seriesStyles } from './seriesStyle.ts';

const ids = Array.from({ length: 400 }, (_, i) => `run-${i}`);

function withStyle(like: string): string[] {
  const { color, dash } = seriesStyle(like);
  return ids.filter((id) => seriesStyle(id).color === color && seriesStyle(id).dash === dash);
}

test('of two runs of one look the second takes a hue that nobody beside it has', () => {
  const first = ids[0] ?? '';
  const twin = withStyle(first)[1] ?? '';
  const next = (seriesStyle(first).index + 1) % palette.length;
  const neighbour = ids.find((id) => seriesStyle(id).index === next) ?? '';
  const styles = seriesStyles([first, twin, neighbour]);
  assert.deepEqual(styles.get(first), seriesStyle(first));
  assert.deepEqual(styles.get(neighbour), seriesStyle(neighbour));
  assert.equal(new Set([...styles.values()].map(({ index }) => index)).size, 3);
});

test('no two of forty are alike, hues used up or not', () => {
  const styles = [...seriesStyles(ids.slice(0, 40)).values()];
  assert.equal(new Set(styles.map(({ color, dash }) => `${color} ${dash}`)).size, 40);
});
