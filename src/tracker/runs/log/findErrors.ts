import { isPythonError, MAX_EXAMINED, plainText } from './lastError.ts';
import { logLines } from './lines.ts';

export interface FoundFrame {
  readonly file: string;
  readonly line: number;
  readonly function?: string;
}

export interface FoundError {
  readonly offset: number;
  readonly message: string;
  readonly frames: FoundFrame[];
}

const MAX_ERRORS = 50;
const MAX_FRAMES = 100;
const MAX_MESSAGE = 2000;
/** Of a longer log its beginning and its end are read: the first error is near one of them. */
const HEAD_BYTES = 256 * 1024 * 1024;
const TAIL_BYTES = 64 * 1024 * 1024;
const HINTS = /Traceback|rror|ERROR|FATAL|panic|File "|Exception|fault|Killed|command not found|Interrupt|Exit/;

/** Tracebacks of Python, errors of R, Julia, Node and shells, and lines that begin as errors do; in order. */
export async function findErrors(file: string, size: number, signal?: AbortSignal): Promise<FoundError[]> {
  const parser = new ErrorParser();
  const parts =
    size <= HEAD_BYTES + TAIL_BYTES
      ? [{ from: 0, to: size }]
      : [
          { from: 0, to: HEAD_BYTES },
          { from: size - TAIL_BYTES, to: size },
        ];
  for (const part of parts) {
    const interesting = (chunk: string): boolean => parser.inBlock || HINTS.test(chunk);
    for await (const { offset, text } of logLines(file, { ...part, interesting, ...(signal ? { signal } : {}) })) {
      parser.push(offset, text);
      if (parser.errors.length >= MAX_ERRORS) return parser.errors;
    }
    parser.end();
  }
  return parser.errors;
}

interface Block {
  readonly kind: 'python' | 'r' | 'julia' | 'node';
  readonly offset: number;
  frames: FoundFrame[];
  message: string;
  /** Python: the last frame was read and its source line may follow. */
  lines: number;
}

/** Reads a log line by line and collects its errors. */
export class ErrorParser {
  readonly errors: FoundError[] = [];
  #block: Block | undefined;
  /** Python said that the next traceback is of the same trouble. */
  #chained: 'handling' | 'cause' | undefined;
  #nodeFrame: FoundFrame | undefined;

  get inBlock(): boolean {
    return this.#block !== undefined || this.#chained !== undefined;
  }

  push(offset: number, raw: string): void {
    const line = withoutPrefix(plainText(raw)).slice(0, MAX_EXAMINED);
    if (this.#block === undefined) this.#open(offset, line);
    else if (!this.#continue(this.#block, line)) {
      this.#close();
      this.#open(offset, line);
    }
  }

  end(): void {
    this.#close();
  }

  #open(offset: number, line: string): void {
    if (/^Traceback \(most recent call last\):/.test(line)) {
      this.#begin('python', offset);
      return;
    }
    if (/^During handling of the above exception/.test(line)) {
      this.#chained = 'handling';
      return;
    }
    if (/^The above exception was the direct cause/.test(line)) {
      this.#chained = 'cause';
      return;
    }
    if (line.trim() !== '') this.#chained = undefined;
    const lone = /^ {2}File "(.+)", line (\d+)$/.exec(line);
    // A script that cannot be compiled has no traceback, only the place.
    if (lone?.[1] !== undefined) {
      this.#begin('python', offset, '', [{ file: lone[1], line: Number(lone[2]) }]);
      return;
    }
    const r = /^Error(?: in .+? ?:|:)/.exec(line);
    if (r) {
      this.#begin('r', offset, line, this.#nodeFrame ? [this.#nodeFrame] : rFrames(line));
      return;
    }
    const julia = /^ERROR: (.+)$/.exec(line)?.[1];
    if (julia !== undefined) {
      this.#begin('julia', offset, julia);
      return;
    }
    const node = /^(?:Uncaught )?((?:[A-Z]\w*)?Error(?: \[\w+\])?: .*)$/.exec(line)?.[1];
    if (node !== undefined) {
      this.#begin('node', offset, node, this.#nodeFrame ? [this.#nodeFrame] : []);
      return;
    }
    const place = /^(?:file:\/\/)?(\/.+\.[cm]?[jt]s):(\d+)$/.exec(line);
    if (place?.[1] !== undefined) this.#nodeFrame = { file: place[1], line: Number(place[2]) };
    const generic = genericError(line);
    if (generic !== undefined) this.#add({ offset, ...generic });
  }

  #begin(kind: Block['kind'], offset: number, message = '', frames: FoundFrame[] = []): void {
    this.#block = { kind, offset, frames, message, lines: 0 };
    this.#nodeFrame = undefined;
  }

  /** Whether the line belongs to the block. */
  #continue(block: Block, line: string): boolean {
    block.lines += 1;
    switch (block.kind) {
      case 'python':
        return this.#continuePython(block, line);
      case 'r': {
        if (/^Execution halted/.test(line) || /^Calls: /.test(line)) return true;
        // `Error: …` is Node's way as well.
        if (nodeFrame(line) !== undefined) return this.#continueNode(block, line);
        if (block.lines > 3 || !/^\s/.test(line)) return false;
        block.message = `${block.message.trimEnd()} ${line.trim()}`;
        block.frames.push(...rFrames(line));
        return true;
      }
      case 'julia': {
        const frame =
          /@ .*?(\/[^:]+\.jl|[\w./-]+\.jl):(\d+)/.exec(line) ?? /^in expression starting at (.+?):(\d+)$/.exec(line);
        if (frame?.[1] !== undefined) block.frames.push({ file: frame[1], line: Number(frame[2]) });
        return frame !== null || /^(?:Stacktrace:|\s)/.test(line);
      }
      default:
        return this.#continueNode(block, line);
    }
  }

  #continueNode(block: Block, line: string): boolean {
    const frame = nodeFrame(line);
    if (frame !== undefined) block.frames.push(frame);
    return frame !== undefined || /^\s+at /.test(line);
  }

  #continuePython(block: Block, line: string): boolean {
    // After the message a block ends; what is indented still belongs to a message of several lines.
    if (block.message !== '') return /^\s+\S/.test(line) && block.lines < 400;
    const frame = /^\s+File "(.+)", line (\d+)(?:, in (.+))?$/.exec(line);
    if (frame?.[1] !== undefined) {
      block.frames.push({ file: frame[1], line: Number(frame[2]), ...(frame[3] ? { function: frame[3] } : {}) });
      return true;
    }
    if (/^\s/.test(line) || line === '') return line !== '' || block.frames.length > 0;
    if (!isPythonError(line) && !/^\w[\w.]*: /.test(line)) return false;
    block.message = line;
    return true;
  }

  #close(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined) return;
    if (block.kind === 'python' && block.message === '') {
      if (block.frames.length === 0) return;
      block.message = 'The traceback ends without an error.';
    }
    // The innermost frame first: it is where one looks first.
    const frames = (block.kind === 'python' ? block.frames.reverse() : block.frames).slice(0, MAX_FRAMES);
    const before = this.errors.at(-1);
    if (block.kind === 'python' && this.#chained !== undefined && before !== undefined) {
      const merged = {
        ...before,
        message: `${block.message}\n(${before.message})`,
        frames: [...frames, ...before.frames],
      };
      this.errors[this.errors.length - 1] = merged;
    } else this.#add({ offset: block.offset, message: block.message, frames });
    this.#chained = undefined;
  }

  #add(error: FoundError): void {
    this.errors.push({ ...error, message: error.message.slice(0, MAX_MESSAGE) });
  }
}

/** What launchers of many processes, and exception groups, put before each line. */
function withoutPrefix(line: string): string {
  return line.replace(
    /^(?:\[(?:rank)?\d+\](?::|:\s)? ?|\(\w+ pid=\d+(?:, ip=[\d.]+)?\) |[ ]*\+ (?=Exception Group)| {2,4}\| )/,
    '',
  );
}

function nodeFrame(line: string): FoundFrame | undefined {
  const found = /^\s+at (?:(.+?) \()?(?:file:\/\/)?(.+?):(\d+):\d+\)?$/.exec(line);
  if (found?.[2] === undefined) return undefined;
  return { file: found[2], line: Number(found[3]), ...(found[1] ? { function: found[1] } : {}) };
}

/** R names places as `train.R#12` in `Error in f(x) at train.R#12 :`, and as `train.R:3:5` where it cannot parse. */
function rFrames(line: string): FoundFrame[] {
  const found = /(?:at |\()?([\w./-]+\.[rR])(?:#|:)(\d+)/.exec(line);
  return found?.[1] === undefined ? [] : [{ file: found[1], line: Number(found[2]) }];
}

function genericError(line: string): { message: string; frames: FoundFrame[] } | undefined {
  const shell = /^(\S+): line (\d+): (.+)$/.exec(line);
  if (shell?.[1] !== undefined && shell[3] !== undefined) {
    return { message: shell[3], frames: [{ file: shell[1], line: Number(shell[2]) }] };
  }
  const wrapper = /^trainyard: (.+)$/.exec(line)?.[1];
  if (wrapper !== undefined) return { message: wrapper, frames: [] };
  const compiler = /^(\S+?):(\d+):\d+: (?:fatal )?error: (.+)$/.exec(line);
  if (compiler?.[1] !== undefined && compiler[3] !== undefined) {
    return { message: compiler[3], frames: [{ file: compiler[1], line: Number(compiler[2]) }] };
  }
  const plain =
    /^(?:\S+ ){0,4}?(?:ERROR|FATAL|CRITICAL|Fatal error|fatal error|panic|Segmentation fault|Killed|terminate called)\b.*/.exec(
      line,
    );
  return plain ? { message: line.trim(), frames: [] } : undefined;
}
