import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../../shared/api/problem.ts';
import { readOptional } from './privateFile.ts';

/** Linux's numbers of file systems that lie on another machine, from statfs(2) and the kernel's magic.h. */
const REMOTE = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x786f4256, 'a VirtualBox share'],
]);
const FUSE = 0x65735546;
/** FUSE is also used for local disks; these are the ones that are not. */
const REMOTE_FUSE =
  /^fuse\.(sshfs|rclone|s3fs|gcsfuse|blobfuse2?|glusterfs|davfs2?|goofys|ceph-fuse|moosefs|seaweedfs)$/;

/** What the home lies on, as far as the system tells. */
export interface Filesystem {
  /** Name of a network file system, or undefined for a local one. */
  readonly remote: string | undefined;
  /** Bytes that may still be written. */
  readonly free: number;
}

/** @param directory that exists */
export function filesystemOf(directory: string): Filesystem {
  const { type, bavail, bsize } = fs.statfsSync(directory);
  const mounts = process.platform === 'linux' ? (readOptional('/proc/self/mountinfo') ?? '') : '';
  return { remote: remoteKind(process.platform, directory, type, mounts), free: bavail * bsize };
}

/** Pure part of it: by the number statfs gives, for FUSE by the mount table, on Windows by the path. */
export function remoteKind(
  platform: NodeJS.Platform,
  directory: string,
  type: number,
  mountinfo: string,
): string | undefined {
  // \\?\C:\ and \\.\ are local in spite of their beginning.
  if (platform === 'win32') return /^[\\/]{2}(?![?.][\\/])/.test(directory) ? 'a network share' : undefined;
  if (platform !== 'linux') return undefined;
  if (type >>> 0 === FUSE) {
    const kind = mountType(mountinfo, directory);
    return kind !== undefined && REMOTE_FUSE.test(kind) ? kind : undefined;
  }
  return REMOTE.get(type >>> 0);
}

/**
 * SQLite's locks and its log do not work there, and two machines would believe to be alone.
 *
 * @throws Problem `refused`.
 */
export function refuseRemoteHome(directory: string): void {
  let existing = path.resolve(directory);
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  const { remote } = filesystemOf(existing);
  if (remote === undefined) return;
  throw new Problem('refused', `The Trainyard home ${directory} lies on a network file system (${remote}).`, {
    hint: 'A database is not safe there. Set TRAINYARD_HOME, or `--home`, to a folder on a local disk.',
  });
}

/** Type of the mount that holds a path: the longest mount point that it begins with (proc(5), mountinfo). */
export function mountType(mountinfo: string, directory: string): string | undefined {
  let best = { length: -1, type: undefined as string | undefined };
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = (before.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (point === '') continue;
    const inside = directory === point || directory.startsWith(point === '/' ? '/' : `${point}/`);
    if (inside && point.length >= best.length) best = { length: point.length, type: after.split(' ')[0] };
  }
  return best.type;
}
