import path from 'node:path';

/**
 * The variables that `env.get` answers with, for a shell that has its own: the folder of the logging helper is put
 * before what is on its PYTHONPATH already.
 */
export function terminalVariables(
  variables: Readonly<Record<string, string>>,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const folders = [variables.PYTHONPATH, ...(own.PYTHONPATH ?? '').split(path.delimiter)];
  const distinct = [...new Set(folders.filter((folder) => folder))];
  return { ...variables, ...(distinct.length > 0 ? { PYTHONPATH: distinct.join(path.delimiter) } : {}) };
}
