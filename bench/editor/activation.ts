import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openWindow } from '../../test/harness/browser.ts';
import { startEditor } from '../../test/harness/editor.ts';
import { temporaryFolder, temporaryHome } from '../../test/harness/home.ts';

export interface Activation {
  /** Milliseconds, as VS Code itself measured: loading the bundle, and the call of `activate`. */
  readonly load: number;
  readonly activate: number;
  /** How much the extension host grew by the extension, in bytes of resident memory. */
  readonly hostGrowth: number;
}

/**
 * Opens the installed package in a real editor and reads what the editor says of it (`Developer: Show Running
 * Extensions`). The growth is against the same editor without the package.
 */
export async function measureActivation(vsix: string): Promise<Activation> {
  const without = await inEditor(undefined, async (host) => residentBytes(host));
  return inEditor(vsix, async (host, window) => {
    await window.openContainer('Trainyard');
    await window.page.waitForTimeout(3000);
    await window.command('Developer: Show Running Extensions');
    const row = window.page.locator('.extension', { hasText: 'Trainyard' }).first();
    await row.waitFor();
    const text = (await row.innerText()).replaceAll('\n', ' ');
    const title = (await row.locator('[title*="ms"], .activation-time').first().getAttribute('title')) ?? '';
    const [load = Number.NaN, activate = Number.NaN] = times(`${text} ${title}`);
    return { load, activate, hostGrowth: residentBytes(host) - without };
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

function residentBytes(pid: number): number {
  const status = readFileSync(path.join('/proc', String(pid), 'status'), 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024;
}
