import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The executable (not the `code` script) of a desktop VS Code that can be used now. `TRAINYARD_TEST_VSCODE` names one.
 * On Linux it needs a display.
 */
export function desktopExecutable(): string | undefined {
  const named = process.env.TRAINYARD_TEST_VSCODE;
  if (named) return named;
  if (!hasDisplay()) return undefined;
  const candidates: Partial<Record<NodeJS.Platform, string[]>> = {
    linux: ['/usr/share/code/code', '/opt/visual-studio-code/code'],
    darwin: ['/Applications/Visual Studio Code.app/Contents/MacOS/Electron'],
    win32: [path.join(process.env.LOCALAPPDATA ?? '', 'Programs', 'Microsoft VS Code', 'Code.exe')],
  };
  return candidates[process.platform]?.find((file) => existsSync(file));
}

/** Whether a desktop program could open a window. */
export function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}
