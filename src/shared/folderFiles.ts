/** Files of Trainyard in a training folder. Loads nothing, so that the extension can name them at once. */

/** Folder that holds a training folder's configurations, one file each. */
export const configurationFolder = '.trainyard';

/** The file among them that is about the folder and no run configuration. */
export const folderFile = 'folder.json';

/** Whether a file name in `.trainyard` is that of a run configuration. */
export function isConfigurationFile(name: string): boolean {
  return name.endsWith('.json') && name !== folderFile;
}
