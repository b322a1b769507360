import type { Frame } from 'playwright-core';
import type { EditorWindow } from '../harness/browser.ts';

/**
 * The document of the Trainyard page with this heading that is on screen. Hidden pages have no document, and one that is
 * brought back has a new one, so a page is asked for again after another was in front.
 */
export async function pageOf(window: EditorWindow, heading: string): Promise<Frame> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    for (const frame of window.page.frames()) {
      const found = await frame
        .getByRole('heading', { level: 1, name: heading, exact: true })
        .isVisible()
        .catch(() => false);
      if (found) return frame;
    }
    if (Date.now() > deadline) {
      await window.screenshot('no-such-page');
      throw new Error(`No page with the heading “${heading}” is on screen.`);
    }
    await window.page.waitForTimeout(100);
  }
}
