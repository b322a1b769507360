import { open } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;
/** More of one line is never held: a log may have a hundred megabytes without a newline. */
const MAX_LINE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface LogLine {
  /** Byte offset of the line's beginning. */
  readonly offset: number;
  readonly text: string;
}

export interface LineOptions {
  readonly from?: number;
  readonly to?: number;
  readonly signal?: AbortSignal;
  /**
   * Asked with a whole chunk before it is split; false skips it. Splitting is what costs, and most of a log is of no
   * interest to whoever looks for something.
   */
  readonly interesting?: (chunk: string) => boolean;
}

/** Lines of a file, read in pieces. A line longer than 64 KiB comes in pieces of that size. */
export async function* logLines(file: string, options: LineOptions = {}): AsyncGenerator<LogLine> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    const end = Math.min(options.to ?? Number.POSITIVE_INFINITY, (await handle.stat()).size);
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let at = options.from ?? 0;
    while (at < end) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(CHUNK_BYTES, end - at), at);
      if (bytesRead === 0) return;
      const last = at + bytesRead >= end;
      const newline = buffer.lastIndexOf(NEWLINE, bytesRead - 1);
      // Whole lines only, unless there is no end of one in sight; the rest is read again with the next piece.
      const whole = last ? bytesRead : newline >= 0 ? newline + 1 : Math.min(bytesRead, MAX_LINE_BYTES);
      const piece = buffer.subarray(0, whole);
      if (options.interesting === undefined || options.interesting(piece.toString('utf8'))) yield* split(piece, at);
      at += whole;
    }
  } finally {
    await handle.close();
  }
}

function* split(piece: Buffer, base: number): Generator<LogLine> {
  let start = 0;
  while (start < piece.length) {
    const newline = piece.indexOf(NEWLINE, start);
    const end = newline < 0 ? piece.length : newline;
    const cut = Math.min(end, start + MAX_LINE_BYTES);
    yield { offset: base + start, text: piece.toString('utf8', start, cut) };
    start = cut === end ? end + 1 : cut;
  }
}
