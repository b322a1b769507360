import fs from 'node:fs';

export interface PrivateFileOptions {
  readonly mode?: number;
  /** False for what is made anew at each start: it need not survive a power cut, and waiting for the disk costs. */
  readonly durable?: boolean;
}

/** Writes a file whole and private (0600), or not at all: temporary name, fsync, rename. */
export function writePrivateFile(file: string, text: string, options: PrivateFileOptions = {}): void {
  const { mode = 0o600, durable = true } = options;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = fs.openSync(temporary, 'w', mode);
    try {
      fs.writeSync(descriptor, text);
      if (durable) fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** The content of a small file, or undefined when it is not there or cannot be read. */
export function readOptional(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
