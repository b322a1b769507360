import type { LogLine } from './logBuffer.ts';

/** Lines that are drawn, and skipped by the browser while out of sight, together. */
export interface Block {
  /** Stays the same while lines are added after it or dropped before it. */
  readonly key: number;
  readonly lines: readonly ShownLine[];
}

export interface ShownLine {
  readonly line: LogLine;
  readonly repeats: number;
  readonly error: boolean;
}

const BLOCK = 200;
const ERROR = /^(?:\S*\.)?\w*(?:Error|Exception|Interrupt|Exit)(?::|$)|^\s*(?:\[?(?:ERROR|FATAL|CRITICAL)\b)|^Error\b/;
const TRACEBACK = /^Traceback \(most recent call last\)/;

/** Folds lines that repeat the one before, marks tracebacks as a whole, and cuts the rest into blocks. */
export function toBlocks(lines: readonly LogLine[]): Block[] {
  const blocks: { key: number; lines: ShownLine[] }[] = [];
  let last: { line: LogLine; repeats: number; error: boolean } | undefined;
  let inTraceback = false;
  for (const line of lines) {
    const key = Math.floor(line.number / BLOCK);
    let block = blocks.at(-1);
    if (block?.key !== key) {
      block = { key, lines: [] };
      blocks.push(block);
    } else if (last && line.text !== '' && last.line.text === line.text && line.complete) {
      last.repeats++;
      continue;
    }
    if (TRACEBACK.test(line.text)) inTraceback = true;
    const isEnd = inTraceback && /^\S/.test(line.text) && !TRACEBACK.test(line.text);
    last = { line, repeats: 1, error: inTraceback || ERROR.test(line.text) };
    if (isEnd) inTraceback = false;
    block.lines.push(last);
  }
  return blocks;
}

export function holds(block: Block, offset: number): boolean {
  return block.lines.some(({ line }) => line.offset === offset);
}
