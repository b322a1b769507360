import type { RunDetail } from '../../src/shared/domain/run.ts';

export type Places = Pick<RunDetail, 'folder' | 'workingDirectory' | 'runDirectory'>;

/**
 * Where the person has the file that a log or a traceback names. A run executes in its own copy of the folder, so names
 * below that copy belong to the folder itself; a relative name begins at the working directory.
 *
 * @returns the path to open, and the name to show: relative to the folder where it is inside
 */
export function ownPath(run: Places, file: string): { path: string; name: string } {
  const inner = innerPath(run, file);
  if (inner === undefined || run.folder === undefined) return { path: file, name: file };
  return { path: `${run.folder.replace(/[/\\]$/, '')}/${inner}`, name: inner };
}

function innerPath({ folder, workingDirectory, runDirectory }: Places, file: string): string | undefined {
  const below = (path: string) => {
    for (const top of [runDirectory && `${runDirectory}/code`, folder]) {
      if (top && path.startsWith(top) && /^[/\\]/.test(path.slice(top.length))) return path.slice(top.length + 1);
    }
    return undefined;
  };
  if (/^([/\\~]|[A-Za-z]:[/\\])/.test(file)) return below(file);
  const from = workingDirectory === undefined ? undefined : below(workingDirectory);
  const name = file.replace(/^\.[/\\]/, '');
  return from === undefined ? name : `${from}/${name}`;
}

/** The script's name inside the folder. */
export function scriptName(run: Places & Pick<RunDetail, 'script'>): string | undefined {
  return run.script === undefined ? undefined : ownPath(run, run.script).name;
}
