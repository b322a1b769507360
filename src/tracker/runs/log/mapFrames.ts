import fs from 'node:fs';
import path from 'node:path';
import type { FoundFrame } from './findErrors.ts';

export interface FrameMapping {
  /** Where the run executed, and where the person has the same files. */
  readonly executionRoot?: string | undefined;
  readonly folder: string | undefined;
  readonly workingDirectory?: string | undefined;
}

export interface MappedFrame extends FoundFrame {
  /** Whether it is the person's own code, rather than a library's. */
  readonly own: boolean;
}

const FOREIGN = /[\\/](?:site-packages|dist-packages|node_modules|\.?venv|\.tox|conda|miniconda3|anaconda3)[\\/]/;

/** Frames as the person can open them: paths into the run's copy become paths into the training folder. */
export function mapFrames(frames: readonly FoundFrame[], mapping: FrameMapping): MappedFrame[] {
  const { executionRoot, folder, workingDirectory } = mapping;
  // The system's temporary folder may itself be a link, and then programs see the other name of it.
  const roots = executionRoot === undefined ? [] : [executionRoot, realPathOf(executionRoot)];
  return frames.map((frame) => {
    if (frame.file.startsWith('<')) return { ...frame, own: false };
    const absolute = path.isAbsolute(frame.file)
      ? frame.file
      : path.resolve(workingDirectory ?? folder ?? '/', frame.file);
    const root = roots.find((each) => isInside(each, absolute));
    const file =
      root === undefined || folder === undefined ? absolute : path.join(folder, path.relative(root, absolute));
    return { ...frame, file, own: folder !== undefined && isInside(folder, file) && !FOREIGN.test(file) };
  });
}

function isInside(folder: string, file: string): boolean {
  return file === folder || file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

/** The folder may be gone by now; its parent is there as long as the run is. */
function realPathOf(folder: string): string {
  try {
    return path.join(fs.realpathSync(path.dirname(folder)), path.basename(folder));
  } catch {
    return folder;
  }
}
