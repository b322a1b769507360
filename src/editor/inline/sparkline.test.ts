import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitted, inlineText, isStale, widest } from './inlineText.ts';
import { curvePath, hoverChart, sparkline, svgDataUri } from './sparkline.ts';

const box = { x: 0, y: 0, width: 10, height: 10 };
const metric = (key: string, last: number | 'NaN') => ({ key, count: 3, last, lastStep: 2, lastTime: 0 });

test('a curve fills its box, high values on top', () => {
  assert.equal(curvePath({ x: [0, 1, 2], y: [0, 2, 1], color: '' }, box), 'M0 10L5 0L10 5');
});

test('a gap interrupts the curve and a lone point is a dot', () => {
  assert.equal(curvePath({ x: [0, 1, 2, 3], y: [0, null, 4, null], color: '' }, box), 'M0 10h.01M6.67 0h.01');
});

test('a flat curve runs through the middle', () => {
  assert.equal(curvePath({ x: [0, 1], y: [7, 7], color: '' }, box), 'M0 5L10 5');
});

test('pictures are whole documents, and their words are escaped', () => {
  const line = { x: [0, 1], y: [1, 2], color: '#fff' };
  assert.match(sparkline(line, { stale: true }), /^<svg [^>]*width="48"[^>]*>.*opacity="0.4".*<\/svg>$/);
  assert.match(sparkline({ ...line, dash: [6, 3] }), /stroke-dasharray="3 1.5"/);
  assert.ok(!sparkline({ ...line, dash: [] }).includes('dasharray'));
  const chart = hoverChart(line, { low: '<1>', high: '2', from: 'step 0', to: '1', foreground: '#888' });
  assert.ok(chart.includes('&#60;1&#62;') && !chart.includes('<1>'));
  assert.match(svgDataUri('<svg/>'), /^data:image\/svg\+xml;base64,/);
});

test('what stands at a line is never wider than 40 characters', () => {
  const long = 'validation/very/long/name/of/a/metric/loss';
  const metrics = new Map([long, 'loss', 'acc', 'lr', 'grad_norm'].map((key) => [key, metric(key, 0.123456)]));
  assert.equal(inlineText('loss', metric('loss', 0.131), 30), 'loss 0.131');
  assert.match(inlineText(long, metric(long, 0.131), 30), /^….*loss 0\.131$/);
  for (const keys of [[long], ['loss', 'acc', 'lr', 'grad_norm'], [long, 'acc']]) {
    const parts = fitted(keys, metrics);
    const width = parts.reduce((sum, { text }) => sum + text.length + 6, 0);
    assert.ok(parts.length > 0 && width <= widest, `${width}`);
  }
  assert.equal(inlineText('loss', metric('loss', 'NaN'), 30), 'loss NaN');
});

test('a call is stale when it reads otherwise than in the run', () => {
  const source = 'for e in x:\n    trainyard.log(loss=l)\n';
  assert.equal(isStale('trainyard.log(loss=l)', source), false);
  assert.equal(isStale('trainyard.log(\n  loss=l)', 'trainyard.log( loss=l)'), false);
  assert.equal(isStale('trainyard.log(loss=l, acc=a)', source), true);
  assert.equal(isStale('anything', undefined), false);
});
