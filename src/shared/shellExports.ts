/** How each shell sets a variable of its environment. Values are ours: no line breaks, but quoted all the same. */
export const shellExports: Readonly<Record<string, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
  cmd: (name, value) => `set "${name}=${value}"`,
};

/**
 * The shell of the list that a program is.
 *
 * @param program path of a shell, such as `/usr/bin/fish` or `C:\…\pwsh.exe`
 */
export function shellOf(program: string): keyof typeof shellExports {
  const name = (program.split(/[/\\]/).pop() ?? '').toLowerCase().replace(/\.exe$/, '');
  if (name === 'pwsh' || name === 'powershell') return 'powershell';
  return name === 'fish' || name === 'cmd' ? name : 'sh';
}
