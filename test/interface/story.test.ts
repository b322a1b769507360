import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from '../../src/client/connect.ts';
import type { TrackerClient } from '../../src/client/trackerClient.ts';
import type { RunSummary } from '../../src/shared/domain/run.ts';
import { fromFloat } from '../../src/shared/float.ts';
import { formatNumber } from '../../src/shared/format.ts';
import { EditorWindow, openWindow } from '../harness/browser.ts';
import { type Editor, startEditor } from '../harness/editor.ts';
import { type TemporaryFolder, temporaryFolder, temporaryHome } from '../harness/home.ts';
import { root } from '../harness/paths.ts';
import { pageOf } from './pageOf.ts';
import { eventually, trackerOf } from './trackerOf.ts';

/**
 * The whole story of Trainyard as a person sees it, told once by a machine: the installed package in a real editor,
 * the example as it comes (with fewer epochs), and in the end the same answers from a service as from the training.
 */
const EPOCHS = 3;
/** So many that the second training outlives its window. */
const LONGER = 100;
const workspace = 'default';

let home: TemporaryFolder;
let place: TemporaryFolder;
let editor: Editor;
let window: EditorWindow;
let folder: string;
/** The window of the second half; the browser belongs to the first. */
let reopened: EditorWindow | undefined;

before(async () => {
  home = temporaryHome();
  place = temporaryFolder('story');
  folder = path.join(place.path, 'digits');
  cpSync(path.join(root, 'examples', 'digits'), folder, { recursive: true });
  setEpochs(EPOCHS);
  const settings = {
    'editor.minimap.enabled': false,
    ...(process.env.DOCKER_HOST ? { 'trainyard.docker.host': process.env.DOCKER_HOST } : {}),
    ...(process.env.TRAINYARD_TEST_BASE_IMAGE
      ? { 'trainyard.docker.baseImage': process.env.TRAINYARD_TEST_BASE_IMAGE }
      : {}),
  };
  editor = await startEditor({ folder, home: home.path, vsix: process.env.TRAINYARD_TEST_VSIX, settings });
  window = await openWindow(editor, { viewport: { width: 1600, height: 1000 } });
});

after(async () => {
  await removeDeployments().catch(() => undefined);
  await window?.close();
  await editor?.stop();
  await home?.dispose();
  await place?.dispose();
});

/** On a fresh machine the packages of the example are downloaded, and an image is built. */
const timeout = 840_000;

test('from an opened folder to a service that answers as the training did, and nothing is lost on the way', {
  timeout,
}, async () => {
  try {
    await story();
  } catch (error) {
    await (reopened ?? window).screenshot('story-failed');
    throw error;
  }
});

async function story(): Promise<void> {
  await window.openContainer('Trainyard');
  await window.openFile('train.py');
  // Only lines in view have their decorations drawn.
  await window.page.keyboard.press('Control+G');
  await window.answer(':60');
  await window.screenshot('story-1-opened');
  await window.command('Trainyard: Train');

  const client = await trackerOf(home.path);
  const first = await onlyRun(client);
  await window.treeItem('Runs', first.name).waitFor();
  const page = await pageOf(window, first.name);
  await page.locator('.page-title .state-running').waitFor({ timeout: 180_000 });
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.locator('.log-line', { hasText: /^epoch +1\// }).waitFor({ timeout: 60_000 });
  await window.screenshot('story-2-log');
  await page.getByRole('tab', { name: /Charts/ }).click();
  const chart = page.locator('[data-metric="val_acc"]');
  await chart
    .locator('.readout b')
    .filter({ hasText: /^0\.\d+$/ })
    .waitFor();
  await inlineValue(/\bacc 0\.\d/);
  await window.screenshot('story-3-training');

  await page.locator('.page-title .state-finished').waitFor({ timeout: 240_000 });
  const { metrics } = await client.call('runs.get', { params: { workspace, run: first.id } });
  const accuracy = metrics.find((metric) => metric.key === 'val_acc');
  assert.ok(accuracy && accuracy.count === EPOCHS && fromFloat(accuracy.last) > 0.9);
  await chart.locator('.readout b').getByText(formatNumber(accuracy.last), { exact: true }).waitFor();
  assert.match((await window.treeItem('Runs', first.name).getAttribute('aria-label')) ?? '', /val_acc 0\.9/);
  await window.screenshot('story-4-finished');

  const heldOut = await heldOutOf(client, first.id);
  await registerFromOutputs(first);
  await tryOnModelPage(heldOut);
  await deployAndAsk(client, heldOut);
  await trainWhileClosed(client);
}

/** Waits for a value beside the line that logs it. Decorations are drawn as content of pseudo-elements. */
async function inlineValue(wanted: RegExp): Promise<void> {
  await window.page.waitForFunction((source) => {
    const spans = [...document.querySelectorAll('.view-line span')];
    const contents = spans.map((span) => getComputedStyle(span, '::after').content.replaceAll('\u00a0', ' '));
    return contents.some((content) => new RegExp(source).test(content));
  }, wanted.source);
}

async function registerFromOutputs(run: RunSummary): Promise<void> {
  const page = await pageOf(window, run.name);
  await page.getByRole('tab', { name: 'Outputs' }).click();
  await page.getByRole('treeitem', { name: /model\.onnx/ }).click();
  await window.screenshot('story-5-outputs');
  await page.locator('.preview').getByRole('button', { name: 'Register model' }).click();
  await window.answer('digits');
  await window.tab(/^digits v\d/).waitFor();
}

async function tryOnModelPage(heldOut: HeldOut): Promise<void> {
  const page = await pageOf(window, 'digits');
  await page.getByRole('textbox', { name: /pixels/ }).fill(JSON.stringify(heldOut.pixels.slice(0, 1)));
  await page.getByRole('button', { name: 'Predict' }).click();
  const answer = JSON.parse((await page.locator('.answer pre').textContent()) ?? '') as { label?: unknown };
  assert.deepEqual(answer.label, heldOut.label.slice(0, 1));
  await window.screenshot('story-6-model');
}

async function deployAndAsk(client: TrackerClient, heldOut: HeldOut): Promise<void> {
  const model = await pageOf(window, 'digits');
  await model.getByRole('button', { name: 'Deploy' }).click();
  await window.answer('digits-api');
  const page = await pageOf(window, 'digits-api');
  await page.locator('.page-header [aria-label="Healthy"]').waitFor({ timeout: 180_000 });
  const { deployments } = await client.call('deployments.list', { params: { workspace } });
  const deployment = deployments.find(({ name }) => name === 'digits-api');
  assert.ok(deployment?.url);
  assert.equal(deployment.kind, process.env.DOCKER_HOST ? 'docker' : 'process');
  const response = await fetch(`${deployment.url}/invocations`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ inputs: { pixels: heldOut.pixels } }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  const { predictions } = (await response.json()) as { predictions: { label: number[]; probabilities: number[][] } };
  assert.deepEqual(predictions.label, heldOut.label);
  const differences = predictions.probabilities.flatMap((row, i) =>
    row.map((value, k) => Math.abs(value - (heldOut.probabilities[i]?.[k] ?? Number.NaN))),
  );
  assert.ok(Math.max(...differences) < 1e-4, `off by ${Math.max(...differences)}`);
  await page.locator('.figures dd', { hasText: /^1$/ }).first().waitFor();
  await window.page.locator('.pane-header', { hasText: 'Deployments' }).click();
  await window.treeItem('Deployments', 'digits-api').waitFor();
  await window.screenshot('story-7-service');
}

/** The window goes in the middle of a training and is opened again: the run, its points and its log are complete. */
async function trainWhileClosed(client: TrackerClient): Promise<void> {
  setEpochs(LONGER);
  await window.command('Trainyard: Train');
  const second = await newest(client, 2);
  const page = await pageOf(window, second.name);
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.locator('.log-line', { hasText: /^epoch +1\// }).waitFor({ timeout: 60_000 });
  const context = window.page.context();
  await window.kept();
  assert.equal((await newest(client, 2)).state, 'running');
  await window.page.close();

  const again = await context.newPage();
  again.setDefaultTimeout(30_000);
  await again.goto(editor.url);
  reopened = new EditorWindow(editor, again);
  const restored = await pageOf(reopened, second.name);
  await restored.locator('.page-title .state-finished').waitFor({ timeout: 240_000 });
  assert.equal(await restored.getByRole('tab', { name: 'Logs' }).getAttribute('aria-selected'), 'true');
  const lines = await restored.locator('.log-line').allTextContents();
  const epochs = lines.flatMap((line) => /^epoch +(\d+)\//.exec(line)?.[1] ?? []);
  assert.deepEqual(
    epochs.map(Number),
    Array.from({ length: LONGER }, (_, index) => index + 1),
  );
  const { metrics } = await client.call('runs.get', { params: { workspace, run: second.id } });
  assert.equal(metrics.find((metric) => metric.key === 'val_acc')?.count, LONGER);
  await reopened.openContainer('Trainyard');
  await reopened.treeItem('Runs', second.name).waitFor();
  await reopened.screenshot('story-8-reopened');
}

interface HeldOut {
  readonly pixels: number[][];
  readonly label: number[];
  readonly probabilities: number[][];
}

async function heldOutOf(client: TrackerClient, run: string): Promise<HeldOut> {
  const response = await client.bytes('runs.output', { params: { workspace, run }, query: { path: 'held_out.json' } });
  return (await response.json()) as HeldOut;
}

/** A smaller network and few epochs: this is about the story, and a second of training is enough of it. */
function setEpochs(epochs: number): void {
  const file = path.join(folder, '.trainyard', 'train.json');
  const args = JSON.stringify(['--epochs', String(epochs), '--hidden', '64', '--batch', '64']);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"args": \[[^\]]*\]/, `"args": ${args}`));
}

const onlyRun = (client: TrackerClient) => newest(client, 1);

/** Waits until there are so many runs, and gives the last one. */
function newest(client: TrackerClient, count: number): Promise<RunSummary> {
  return eventually(`There are no ${count} runs.`, async () => {
    const { runs } = await client.call('runs.list', { params: { workspace }, query: {} });
    return runs.length >= count ? runs[0] : undefined;
  });
}

async function removeDeployments(): Promise<void> {
  const { client } = await connect({ home: home.path, start: 'never' });
  const { deployments } = await client.call('deployments.list', { params: { workspace } });
  for (const { id } of deployments) await client.call('deployments.delete', { params: { workspace, deployment: id } });
}
