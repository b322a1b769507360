import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Frame, Locator } from 'playwright-core';
import type { TrackerClient } from '../../src/client/trackerClient.ts';
import type { RunDetail, RunSummary } from '../../src/shared/domain/run.ts';
import { formatNumber } from '../../src/shared/format.ts';
import { isActive } from '../../src/shared/runState.ts';
import { type EditorWindow, openWindow, type Theme } from '../harness/browser.ts';
import { type Editor, startEditor } from '../harness/editor.ts';
import { type TemporaryFolder, temporaryFolder, temporaryHome } from '../harness/home.ts';
import { root } from '../harness/paths.ts';
import { pageOf } from './pageOf.ts';
import { eventually, trackerOf } from './trackerOf.ts';

const workspace = 'default';

let home: TemporaryFolder;
let folder: TemporaryFolder;
let editor: Editor;
let window: EditorWindow;
let client: TrackerClient;
let run: RunDetail;
let other: RunSummary;

before(async () => {
  home = temporaryHome();
  folder = temporaryFolder('pages');
  cpSync(path.join(root, 'test', 'fixtures', 'training'), folder.path, { recursive: true });
  editor = await startEditor({
    folder: folder.path,
    home: home.path,
    vsix: process.env.TRAINYARD_TEST_VSIX,
    // The workbench's own dialog, which a browser can be driven through.
    settings: { 'files.simpleDialog.enable': true, 'trainyard.notifications.runEnd': 'never' },
  });
  window = await openWindow(editor);
  await window.openContainer('Trainyard');
  client = await trackerOf(home.path);
  const submitted = await Promise.all([submit('first-of-all'), submit('second-to-none')]);
  const [first, second] = await Promise.all(submitted.map(ended));
  assert.ok(first && second);
  run = await client.call('runs.get', { params: { workspace, run: first.id } });
  other = second;
});

after(async () => {
  await window?.close();
  await editor?.stop();
  await home?.dispose();
  await folder?.dispose();
});

test('charts show what was logged: latest values, infinity as such, a gap as one', async () => {
  const page = await open('Charts');
  for (const key of ['train/loss', 'val/loss', 'val/acc', 'lr']) {
    const metric = run.metrics.find((one) => one.key === key);
    assert.ok(metric, key);
    await readout(page, key).getByText(formatNumber(metric.last), { exact: true }).waitFor();
  }
  assert.equal(await readout(page, 'lr').innerText(), '∞');
  await window.screenshot('pages-charts');
});

test('the crosshair is shared, and its readout is the logged value of that step', async () => {
  const page = await open('Charts');
  await hoverMiddle(page, 'val/acc');
  const history = await client.call('runs.metricHistory', {
    params: { workspace, run: run.id },
    query: { key: 'train/loss', limit: 1000 },
  });
  const chart = page.locator('[data-metric="train/loss"]');
  await chart.getByText(/^step [2-7]\d$/).waitFor();
  const step = Number(/step (\d+)/.exec(await chart.locator('.chart-readout').innerText())?.[1]);
  const logged = history.points.find((point) => point.step === step);
  assert.equal(await readout(page, 'train/loss').innerText(), formatNumber(Number(logged?.value)));
});

test('keys zoom, pan, reset and show the numbers as a table', async () => {
  const page = await open('Charts');
  const chart = page.locator('[data-metric="val/loss"]');
  await chart.focus();
  await window.page.keyboard.press('+');
  const reset = page.getByRole('button', { name: 'Reset zoom', exact: true });
  await reset.waitFor();
  await window.page.keyboard.press('ArrowRight');
  await window.page.keyboard.press('0');
  await reset.waitFor({ state: 'detached' });
  await window.page.keyboard.press('t');
  const rows = chart.locator('tbody tr');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 100);
  assert.equal(await rows.first().locator('td').innerText(), '1.1');
  await window.page.keyboard.press('t');
  await chart.locator('canvas').waitFor();
});

test('smoothing, axis, pinned and hidden charts, and the tab survive a reload of the window', async () => {
  let page = await open('Charts');
  await page.getByLabel('Smoothing').fill('0.9');
  await page.locator('[data-metric="val/acc"]').focus();
  await window.page.keyboard.press('p');
  await page.locator('[data-metric="lr"]').focus();
  await window.page.keyboard.press('h');
  await page.locator('[data-metric="val/acc"] .readout [title="Smoothed"]').waitFor();
  await window.kept();
  await window.reload();
  page = await pageOf(window, run.name);
  await page.getByRole('button', { name: /^Pinned/ }).waitFor();
  assert.equal(await page.getByLabel('Smoothing').inputValue(), '0.9');
  assert.equal(await page.locator('[data-metric="lr"]').count(), 0);
  await page.getByRole('button', { name: 'Show 1 hidden' }).click();
  await page.locator('[data-metric="lr"]').waitFor();
  await page.getByLabel('Smoothing').fill('0');
});

test('a chart is saved as PNG, as SVG and as CSV with every point', async () => {
  const page = await open('Charts');
  for (const [item, file] of [
    ['Save as PNG…', 'val-loss.png'],
    ['Save as SVG…', 'val-loss.svg'],
    ['Save all points as CSV…', 'val-loss.csv'],
  ] as const) {
    await page.getByRole('button', { name: 'Actions for val/loss' }).click();
    await page.getByRole('menuitem', { name: item }).click();
    await window.quickInput.waitFor();
    await window.page.keyboard.press('Enter');
    await window.quickInput.waitFor({ state: 'hidden' });
    await until(() => existsSync(path.join(folder.path, file)));
  }
  const saved = (file: string) => readFileSync(path.join(folder.path, file));
  assert.equal(saved('val-loss.png').subarray(1, 4).toString(), 'PNG');
  assert.match(saved('val-loss.svg').toString(), /^<svg .*<path d="M/s);
  assert.equal(saved('val-loss.csv').toString().trimEnd().split('\n').length, 101);
});

test('the log opens at its end, finds text anywhere in it, and leads from the error to the line of the script', async () => {
  const page = await open('Logs');
  await page.locator('.log-line', { hasText: 'ValueError: 3 is not what was asked for' }).waitFor();
  await page.locator('.log-line', { hasText: 'the same warning again' }).getByText('×5').waitFor();
  assert.ok((await page.locator('.log-line').count()) < 12_000);

  await page.getByRole('textbox', { name: 'Search the log' }).fill('line 00007 of');
  await window.page.keyboard.press('Enter');
  const found = page.locator('.log-line.found', { hasText: 'line 00007 of the log' });
  await found.waitFor();
  await until(() => found.evaluate((line) => line.getBoundingClientRect().top > 0));
  await page.locator('.log-line .ansi-green').waitFor();
  await page.locator('.log-line', { hasText: /^progress 100 %$/ }).waitFor();

  await page.getByRole('button', { name: 'First error' }).click();
  await page.locator('.log-line.error', { hasText: 'Traceback' }).waitFor();
  await window.screenshot('pages-error');
  await page.getByRole('button', { name: /"curves\.py", line 35/ }).click();
  await window.tab('curves.py').waitFor();
  await window.statusBarItem(/Ln 35/).waitFor();
});

test('outputs show tables, histograms and pictures that were logged, and files with a preview', async () => {
  const page = await open('Outputs');
  await page.locator('.media-card', { hasText: 'confusion' }).getByRole('cell', { name: '0.25' }).waitFor();
  await page.locator('.media-card', { hasText: 'weights' }).getByText('7 values').waitFor();
  const picture = page.locator('.media-card img');
  await picture.waitFor();
  assert.equal(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth), 2);
  await page.getByRole('treeitem', { name: /answer\.csv/ }).click();
  await page.getByRole('cell', { name: 'a, b' }).waitFor();
  await window.screenshot('pages-outputs');
});

test('note and star are kept by the tracker', async () => {
  const page = await open('Overview');
  await page.getByRole('button', { name: 'Add a note' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('Too high a rate.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Too high a rate.').waitFor();
  await page.getByRole('button', { name: 'Star', exact: true }).click();
  await page.getByRole('button', { name: 'Remove star' }).waitFor();
  const stored = await client.call('runs.get', { params: { workspace, run: run.id } });
  assert.deepEqual([stored.note, stored.star], ['Too high a rate.', true]);
});

test('runs that are picked to compare are drawn beside this one, each named with its value', async () => {
  const page = await open('Charts');
  await page.getByRole('button', { name: 'Compare…' }).click();
  await window.quickPick(other.name);
  await window.page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'Compared runs' }).getByText(other.name).waitFor();
  await until(async () => (await readout(page, 'val/loss').count()) === 2);
  for (const theme of ['light', 'high-contrast', 'high-contrast-light', 'dark'] satisfies Theme[]) {
    await window.screenshot('pages-compare', theme);
  }
  await page.getByRole('button', { name: `Stop comparing with ${other.name}` }).click();
  await page.getByRole('list', { name: 'Compared runs' }).waitFor({ state: 'detached' });
});

test('the code is the code of that run, its script shown first', async () => {
  const page = await open('Code');
  await page.getByRole('heading', { name: 'curves.py' }).waitFor();
  await page.locator('.text-preview', { hasText: 'def fail(number)' }).waitFor();
});

function submit(name: string): Promise<RunSummary> {
  const configuration = { script: 'curves.py', interpreter: 'python3', name };
  return client.call('runs.submit', { params: { workspace }, body: { folder: folder.path, configuration } });
}

async function ended({ id }: RunSummary): Promise<RunSummary> {
  let found: RunSummary | undefined;
  await until(async () => {
    found = await client.call('runs.get', { params: { workspace, run: id } });
    return !isActive(found.state);
  });
  assert.ok(found);
  return found;
}

/** The page of the run with one of its tabs in front. */
async function open(tab: string): Promise<Frame> {
  await window.treeItem('Runs', run.name).click();
  const page = await pageOf(window, run.name);
  await page.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
  return page;
}

function readout(page: Frame, metric: string): Locator {
  return page.locator(`[data-metric="${metric}"] .readout b`);
}

async function hoverMiddle(page: Frame, metric: string): Promise<void> {
  const canvas = page.locator(`[data-metric="${metric}"] canvas`);
  const box = await canvas.boundingBox();
  assert.ok(box);
  await canvas.hover({ position: { x: box.width / 2, y: box.height / 2 } });
}

async function until(wanted: () => boolean | Promise<boolean>): Promise<void> {
  await eventually('What was waited for did not come.', async () => (await wanted()) || undefined);
}
