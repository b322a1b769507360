import * as vscode from 'vscode';
import { type ContextKey, type SettingId, type SettingValue, settings } from './contributions.ts';

/** The value of a setting, its default where it is not set. */
export function setting<K extends SettingId>(id: K, scope?: vscode.Uri): SettingValue<K> {
  return vscode.workspace.getConfiguration(undefined, scope).get<SettingValue<K>>(id, settings[id] as SettingValue<K>);
}

/** Flips a setting where it is set already, else for the person. */
export async function toggleSetting(id: SettingId): Promise<boolean> {
  const configuration = vscode.workspace.getConfiguration();
  const next = !configuration.get<boolean>(id, Boolean(settings[id]));
  const { Workspace, Global } = vscode.ConfigurationTarget;
  const here = configuration.inspect(id)?.workspaceValue !== undefined;
  await configuration.update(id, next, here ? Workspace : Global);
  return next;
}

export function setContext(key: ContextKey, value: string | number | boolean | readonly string[]): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
