import fs from 'node:fs';

export interface AccessLog {
  write(line: Record<string, unknown>): void;
  /** Puts what is waiting where it belongs, at once. */
  flush(): void;
}

export interface AccessLogOptions {
  /**
   * The file that stdout is appended to, if it is one and nobody else bounds it. Above `maxBytes` its content moves to
   * `<file>.1`, so that a service that runs for a year does not fill the disk.
   */
  readonly file?: string | undefined;
  readonly maxBytes?: number;
}

const FLUSH_MS = 100;
const FLUSH_BYTES = 64 * 1024;

/** One JSON object a line on stdout, gathered for a moment, because a system call a request would cost as much as it. */
export function createAccessLog(options: AccessLogOptions = {}): AccessLog {
  const { file, maxBytes = 10_000_000 } = options;
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    try {
      if (file !== undefined) keepBounded(file, maxBytes);
      fs.writeSync(1, text);
    } catch {
      // A full disk or a reader that left must not end the service; the lines are lost.
    }
  };
  return {
    write(line) {
      waiting += `${JSON.stringify(line)}\n`;
      if (waiting.length > FLUSH_BYTES) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    flush,
  };
}

function keepBounded(file: string, maxBytes: number): void {
  if (fs.statSync(file).size < maxBytes) return;
  // The descriptor is open for append, so writing goes on at the new end.
  fs.copyFileSync(file, `${file}.1`);
  fs.truncateSync(file, 0);
}
