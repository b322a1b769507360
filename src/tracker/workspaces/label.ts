import path from 'node:path';
import { readOptional, writePrivateFile } from '../lifecycle/privateFile.ts';

const FILE = 'workspace.json';

/** Leaves the name of a workspace in its folder, for the day on which home.db is lost. */
export function writeLabel(folder: string, label: { readonly id: string; readonly name: string }): void {
  writePrivateFile(path.join(folder, FILE), `${JSON.stringify(label)}\n`);
}

/** The name that was left in a folder, or undefined. */
export function readLabel(folder: string): string | undefined {
  try {
    const value: unknown = JSON.parse(readOptional(path.join(folder, FILE)) ?? '');
    const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}
