import { copyFile, link, stat, symlink } from 'node:fs/promises';
import { errno } from './errors.ts';

export interface LinkPlan {
  /** Where the link is made. */
  at: string | Buffer;
  /** What it says. */
  target: string | Buffer;
  /** Where that leads once everything is in its final place, as an absolute path; what junctions need. */
  absolute: string;
  isDirectory: boolean;
}

/** The ways to make a link, best first, as plain data. Elsewhere than on Windows there is one. */
export function linkAttempts(
  plan: LinkPlan,
  platform: NodeJS.Platform,
): ('symlink' | 'junction' | 'hardlink' | 'copy')[] {
  if (platform !== 'win32') return ['symlink'];
  // Symbolic links take a privilege on Windows that few have; junctions (directories only) and hard links take none.
  return plan.isDirectory ? ['symlink', 'junction'] : ['symlink', 'hardlink', 'copy'];
}

/** Makes a link to something outside the copy, or within it. */
export async function placeLink(plan: LinkPlan, platform: NodeJS.Platform = process.platform): Promise<void> {
  const attempts = linkAttempts(plan, platform);
  for (const [index, attempt] of attempts.entries()) {
    try {
      if (attempt === 'symlink') await symlink(plan.target, plan.at, plan.isDirectory ? 'dir' : 'file');
      else if (attempt === 'junction') await symlink(plan.absolute, plan.at, 'junction');
      else if (attempt === 'hardlink') await link(plan.absolute, plan.at);
      else await copyFile(plan.absolute, plan.at);
      return;
    } catch (error) {
      const last = index === attempts.length - 1;
      if (last || !['EPERM', 'EACCES', 'EXDEV', 'ENOTSUP'].includes(errno(error))) throw error;
    }
  }
}

/** Whether a path leads to a directory, links followed. What is not there counts as none. */
export async function leadsToDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
