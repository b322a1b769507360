import path from 'node:path';
import { fromSource, programRoot } from '../../shared/programFiles.ts';

/** The program that runs beside a training: POSIX sh where there is one, Node on Windows. */
export function wrapperFile(platform = process.platform): string {
  const name = platform === 'win32' ? (fromSource ? 'wrapper.ts' : 'wrapper.cjs') : 'wrapper.sh';
  return fromSource
    ? path.join(programRoot, 'src', 'tracker', 'runs', 'wrapper', name)
    : path.join(programRoot, 'dist', name);
}
