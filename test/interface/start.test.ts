import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { launchChromium } from '../harness/chromium.ts';
import { temporaryHome } from '../harness/home.ts';
import { root } from '../harness/paths.ts';

test('npm start opens the example, wants the token of its address, and leaves nothing after Ctrl-C', async () => {
  await using home = temporaryHome();
  const env = { ...process.env, TRAINYARD_HOME: home.path, DISPLAY: '', WAYLAND_DISPLAY: '' };
  const start = spawn(process.execPath, ['scripts/start.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => start.once('exit', resolve));
  const browser = await launchChromium();
  try {
    const address = await printedAddress(start.stdout);
    assert.equal(address.hostname, '127.0.0.1');
    const stranger = await fetch(new URL('/', address));
    assert.equal(stranger.status, 403);

    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(address.href);
    await page
      .getByRole('treeitem', { name: /train\.py/ })
      .first()
      .waitFor();

    start.kill('SIGINT');
    assert.equal(await exited, 0);
    await assert.rejects(fetch(address), 'the server still answers');
  } finally {
    // A failed test must not leave the editor's server behind either.
    start.kill('SIGINT');
    await exited;
    await browser.close();
  }
});

async function printedAddress(output: NodeJS.ReadableStream): Promise<URL> {
  for await (const line of createInterface(output)) {
    const found = /^\s*(http:\S+)$/.exec(line);
    if (found?.[1]) return new URL(found[1]);
  }
  throw new Error('npm start ended without an address.');
}
