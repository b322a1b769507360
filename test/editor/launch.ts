import { existsSync } from 'node:fs';
import path from 'node:path';
import util from 'node:util';
import { launchChromium } from '../harness/chromium.ts';
import { startEditor } from '../harness/editor.ts';
import { outFolder } from '../harness/paths.ts';

/** A suite that has not ended by then hangs; an editor never gives up by itself. */
const timeoutMs = Number(process.env.TRAINYARD_TEST_TIMEOUT ?? 480_000);

/**
 * Starts the editor from npm with a browser as its window, and waits for the suite in its extension host.
 *
 * @param args what a desktop VS Code would be given: a folder, `--extensionDevelopmentPath=`, `--extensionTestsPath=`
 * @returns the exit code: 0 when the suite says so and has left its report. The editor itself reports 0 even when its
 *   extension host crashes.
 */
export async function launch(args: string[]): Promise<number> {
  const value = (name: string) => args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
  const vsix = process.env.TRAINYARD_TEST_VSIX;
  const home = process.env.TRAINYARD_HOME;
  const folder = args.find((argument) => !argument.startsWith('-'));
  if (!folder || !home) throw new Error('A folder to open and TRAINYARD_HOME are needed.');
  await using editor = await startEditor({
    folder,
    home,
    vsix,
    developmentPath: value('extensionDevelopmentPath'),
    testsPath: value('extensionTestsPath'),
  });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    let finish: (code: number) => void = () => undefined;
    const finished = new Promise<number>((resolve) => {
      finish = resolve;
    });
    await page.exposeFunction('codeAutomationExit', (code: number) => finish(code));
    await page.exposeFunction('codeAutomationLog', (type: string, values: unknown[]) => {
      if (process.env.TRAINYARD_TEST_VERBOSE) console.log(`[${type}]`, util.format(...values));
    });
    const timer = setTimeout(() => finish(124), timeoutMs);
    await page.goto(editor.url);
    const code = await finished;
    clearTimeout(timer);
    const reported = existsSync(process.env.TRAINYARD_TEST_REPORT ?? '');
    if (code === 0 && reported) return 0;
    if (code !== 1 || !reported) {
      await page.screenshot({ path: path.join(outFolder, 'screenshots', 'suite-failed.png') });
      console.error(
        code === 124 ? `The suite did not end within ${timeoutMs / 1000} s.` : `The suite ended with code ${code}.`,
      );
      console.error(
        reported ? '' : `No report: the extension host ended early. The editor's log:\n${editor.log().slice(-3000)}`,
      );
    }
    return code || 1;
  } finally {
    await browser.close();
  }
}
