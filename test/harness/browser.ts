import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import type { Editor } from './editor.ts';
import { outFolder } from './paths.ts';

/** The four kinds of theme, each with one that VS Code ships, by its label, and the class that the workbench then has. */
const themes = {
  dark: { label: 'Dark Modern', kind: 'vs-dark' },
  light: { label: 'Light Modern', kind: 'vs' },
  'high-contrast': { label: 'Dark High Contrast', kind: 'hc-black' },
  'high-contrast-light': { label: 'Light High Contrast', kind: 'hc-light' },
} as const;

export type Theme = keyof typeof themes;

export interface WindowOptions {
  /** A running browser, to have two windows in one; left out, the window has its own. */
  browser?: Browser;
  viewport?: { width: number; height: number };
}

/** Opens an editor in a browser and waits until its workbench is drawn and its extension host runs. */
export async function openWindow(editor: Editor, options: WindowOptions = {}): Promise<EditorWindow> {
  const browser = options.browser ?? (await launchChromium());
  const context = await browser.newContext({ viewport: options.viewport ?? { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const window = new EditorWindow(editor, page, options.browser ? undefined : browser);
  try {
    await page.goto(editor.url);
    await window.ready();
    return window;
  } catch (error) {
    await window.screenshot('failed-to-open');
    await window.close();
    throw error;
  }
}

/** A VS Code window, with the handles that a person has. Everything waits as Playwright does, 30 s at most. */
export class EditorWindow implements AsyncDisposable {
  readonly editor: Editor;
  readonly page: Page;
  readonly #ownBrowser: Browser | undefined;

  constructor(editor: Editor, page: Page, ownBrowser?: Browser) {
    this.editor = editor;
    this.page = page;
    this.#ownBrowser = ownBrowser;
  }

  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar').waitFor();
    await this.page.locator('.monaco-workbench .part.editor').waitFor();
  }

  /** Waits until what is open, and what pages keep, is stored: a browser may end at once, so every five seconds. */
  async kept(): Promise<void> {
    await this.page.waitForTimeout(6_000);
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Runs a command by its full title, as the palette shows it (`Trainyard: Train`). */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.fill(`>${title}`);
    await this.quickPick(title, { exact: true });
  }

  /** The input of the palette, of a quick pick or of an input box. */
  get quickInput(): Locator {
    return this.page
      .locator('.quick-input-widget:visible input.input, .quick-input-widget:visible input[type=text]')
      .first();
  }

  /** Clicks an entry of the open quick pick; `type` filters the list by it first, needed for entries out of sight. */
  async quickPick(label: string, options: { exact?: boolean; type?: boolean } = {}): Promise<void> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    const exact = this.page.locator('.label-name').getByText(label, { exact: true });
    const row = (options.exact ? rows.filter({ has: exact }) : rows.filter({ hasText: label })).first();
    if (options.type) {
      await rows.first().waitFor();
      await this.quickInput.fill(label);
    }
    await row.click();
  }

  /** Answers an open input box. */
  async answer(text: string): Promise<void> {
    await this.quickInput.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Opens a container of the activity bar by its title. */
  async openContainer(title: string): Promise<void> {
    const tab = this.page.locator('.activitybar').getByRole('tab', { name: title, exact: false }).first();
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
  }

  /** A tree of the side bar by the name of its view. */
  tree(view: string): Locator {
    return this.page.getByRole('tree', { name: view }).first();
  }

  /** An item of a tree; `name` is part of its accessible label. */
  treeItem(view: string, name: string | RegExp): Locator {
    return this.tree(view).getByRole('treeitem', { name }).first();
  }

  /** An open editor's tab, webview panels included. */
  tab(name: string | RegExp): Locator {
    return this.page.locator('.tabs-container').getByRole('tab', { name }).first();
  }

  /** The document inside a webview; with several open, the index counts those on screen. */
  webview(index = 0): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').nth(index).frameLocator('iframe#active-frame');
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text }).first();
  }

  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar .statusbar-item').filter({ hasText: text }).first();
  }

  /** Opens a file of the folder through quick open. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.quickInput.fill(name);
    await this.quickPick(path.basename(name));
    await this.tab(path.basename(name)).waitFor();
  }

  /** Chooses a theme as a person would. Writing it into the settings file is noticed only now and then. */
  async setTheme(theme: Theme): Promise<void> {
    const { label, kind } = themes[theme];
    const drawn = this.page.locator(`.monaco-workbench.${kind}`);
    if (await drawn.isVisible()) return;
    await this.command('Preferences: Color Theme');
    await this.quickPick(label, { exact: true, type: true });
    await drawn.waitFor();
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  /** Writes user settings and reloads the window, which then has them for certain. */
  async changeSettings(settings: Record<string, unknown>): Promise<void> {
    const present = JSON.parse(readFileSync(this.editor.settingsFile, 'utf8')) as Record<string, unknown>;
    writeFileSync(this.editor.settingsFile, JSON.stringify({ ...present, ...settings }, undefined, 2));
    await this.reload();
  }

  /** Keeps a picture in out/screenshots. A theme is set first and named in the file. Returns the file. */
  async screenshot(name: string, theme?: Theme): Promise<string> {
    if (theme) await this.setTheme(theme);
    const file = path.join(outFolder, 'screenshots', `${name}${theme ? `.${theme}` : ''}.png`);
    mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }

  async close(): Promise<void> {
    await this.page.context().close();
    await this.#ownBrowser?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
