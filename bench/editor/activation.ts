import { setTimeout as sleep } from 'node:timers/promises';
import { openWindow } from '../../test/harness/browser.ts';
import { startEditor } from '../../test/harness/editor.ts';
import { temporaryFolder, temporaryHome } from '../../test/harness/home.ts';
import { awaitQuiet } from '../quiet.ts';
import { middle, resident } from './tracker.ts';

export interface Activation {
  /** Milliseconds, as VS Code itself measured: loading the bundle, and the call of `activate`. */
  readonly load: number;
  readonly activate: number;
  /** How much the extension host grew by the extension, in bytes of resident memory. */
  readonly hostGrowth: number;
}

/**
 * Opens the installed package in a real editor and reads what the editor says of it (`Developer: Show Running
 * Extensions`). The growth is against the same editor without the package. Medians.
 */
export async function measureActivation(vsix: string, times: number): Promise<Activation> {
  const without: number[] = [];
  const found: (Omit<Activation, 'hostGrowth'> & { readonly host: number })[] = [];
  for (let i = 0; i < times; i++) {
    await awaitQuiet();
    without.push(await inEditor(undefined, settled));
    await awaitQuiet();
    found.push(await withPackage(vsix));
  }
  return {
    load: middle(found.map(({ load }) => load)),
    activate: middle(found.map(({ activate }) => activate)),
    hostGrowth: middle(found.map(({ host }) => host)) - middle(without),
  };
}

function withPackage(vsix: string) {
  return inEditor(vsix, async (pid, window) => {
    await window.openContainer('Trainyard');
    const host = await settled(pid);
    await window.command('Developer: Show Running Extensions');
    const row = window.page.locator('.extension', { hasText: 'Trainyard' }).first();
    await row.waitFor();
    const text = (await row.innerText()).replaceAll('\n', ' ');
    const title = (await row.locator('[title*="ms"], .activation-time').first().getAttribute('title')) ?? '';
    const [load = Number.NaN, activate = Number.NaN] = times(`${text} ${title}`);
    return { load, activate, host };
  });
}

/** `Activation: 12ms` is the whole; a tooltip, where there is one, parts it. */
function times(text: string): number[] {
  const found = [...text.matchAll(/(\d+(?:\.\d+)?)\s*ms/g)].map((match) => Number(match[1]));
  return found.length > 1 ? found : [Number.NaN, found[0] ?? Number.NaN];
}

type Window = Awaited<ReturnType<typeof openWindow>>;

async function inEditor<T>(vsix: string | undefined, work: (host: number, window: Window) => Promise<T>): Promise<T> {
  await using home = temporaryHome();
  await using folder = temporaryFolder('bench');
  await using editor = await startEditor({ folder: folder.path, home: home.path, vsix });
  await using window = await openWindow(editor);
  await window.page.waitForTimeout(3000);
  const [host] = editor.extensionHosts();
  if (host === undefined) throw new Error('No extension host runs.');
  // Awaited here, or the window would be closed under it.
  return await work(host, window);
}

/** Resident bytes once the host has started everything and collected what that left. */
async function settled(pid: number): Promise<number> {
  await sleep(10_000);
  return resident(pid);
}
