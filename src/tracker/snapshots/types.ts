/** One thing in a snapshot. Paths are relative, with `/`, and byte-exact as pathBytes.ts describes. */
export type ManifestEntry =
  | {
      type: 'file';
      path: string;
      /** Bytes. */
      size: number;
      /** Hex digest of the content, and the name of its blob. */
      sha256: string;
      executable: boolean;
      /** The file changed each time it was read: the content is what one reading gave, possibly of two moments. */
      torn: boolean;
    }
  | { type: 'symlink'; path: string; target: string }
  /** Only for directories that hold nothing else of the snapshot. */
  | { type: 'dir'; path: string };

/** One thing that a scan found and that a snapshot will hold. */
export interface ScanEntry {
  type: 'file' | 'symlink' | 'dir';
  path: string;
  /** Bytes; 0 for links and directories. */
  size: number;
  mtimeMs: number;
  executable: boolean;
  /** Of links: where they point, as written. */
  target: string;
  /** Size, times and inode in one string: equal as long as the file is unchanged. Only for files. */
  stamp: string;
}

export interface IgnoredEntry {
  path: string;
  type: 'file' | 'symlink' | 'dir';
  /** A person's rule, a built-in one, a name that may hold a secret, a virtual environment, or a repository's own data. */
  why: 'rule' | 'default' | 'secret' | 'environment' | 'git';
  /** The deciding line, `src/.gitignore:3`, where there is one. */
  rule: string;
  /** Whether it is to be linked back into a run's copy (data and environments are, caches and `.git` are not). */
  linkBack: boolean;
}

export interface ScanProblem {
  path: string;
  /** The system's name for what went wrong: EACCES, ENAMETOOLONG, … */
  code: string;
  message: string;
}

export interface Progress {
  files: number;
  bytes: number;
  /** What is worked on now. */
  path: string;
}

export interface LinkOutside {
  path: string;
  target: string;
}
