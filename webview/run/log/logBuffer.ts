/** One line of a log as a terminal would leave it: after its carriage returns, with its colours still in it. */
export interface LogLine {
  /** Byte offset of its first byte in the log. */
  readonly offset: number;
  /** Place among the lines read so far; lines put before the first one get negative numbers. */
  readonly number: number;
  readonly text: string;
  /** False for the last line while its end has not been written. */
  readonly complete: boolean;
}

const NEWLINE = 0x0a;
/** A line longer than this is shown in pieces, so that 100 MB without a newline neither waits nor fills the memory. */
const LONGEST_LINE = 8192;
const decoder = new TextDecoder('utf-8', { fatal: false });

/**
 * The part of a log that is in view: a window of whole lines over a file that may have gigabytes. Bytes are appended at
 * the end or put before the start; what falls out on the other side can be read again. Decoding happens line by line,
 * so that a character cut in two by a read is never shown broken.
 */
export class LogBuffer {
  readonly #most: number;
  #lines: LogLine[] = [];
  /** Bytes after the last newline. */
  #rest = new Uint8Array();
  #restOffset = 0;
  #end = 0;
  /** Number of the next line at the end. */
  #next = 0;

  constructor(mostLines: number) {
    this.#most = mostLines;
  }

  /** Offset after the last byte taken in. */
  get end(): number {
    return this.#end;
  }

  /** Offset of the first byte in view. */
  get start(): number {
    return this.#lines[0]?.offset ?? this.#restOffset;
  }

  get lines(): readonly LogLine[] {
    if (this.#rest.length === 0) return this.#lines;
    const rest = { offset: this.#restOffset, number: this.#next, text: settle(this.#rest), complete: false };
    return [...this.#lines, rest];
  }

  /** Empties the window and puts its end at `offset`. */
  reset(offset: number): void {
    this.#lines = [];
    this.#rest = new Uint8Array();
    this.#restOffset = offset;
    this.#end = offset;
  }

  /** Shows these bytes instead, from their first whole line on: what does not fit falls out at the end. */
  show(bytes: Uint8Array, offset: number): void {
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    this.reset(whole === 0 ? offset : offset + whole);
    if (whole === 0) this.append(bytes, offset);
    else this.prepend(bytes.subarray(0, whole), offset);
  }

  /** Takes in bytes that begin at `offset`; those that are known already are skipped. */
  append(bytes: Uint8Array, offset: number): void {
    const known = this.#end - offset;
    if (known < 0) this.reset(offset);
    const fresh = known > 0 ? bytes.subarray(known) : bytes;
    if (fresh.length === 0) return;
    const all = new Uint8Array(this.#rest.length + fresh.length);
    all.set(this.#rest);
    all.set(fresh, this.#rest.length);
    const { lines, used } = cut(all, this.#restOffset);
    this.#lines.push(...lines.map((line) => ({ ...line, number: this.#next++ })));
    if (this.#lines.length > this.#most) this.#lines = this.#lines.slice(this.#lines.length - this.#most);
    this.#rest = all.slice(used);
    this.#restOffset += used;
    this.#end = offset + bytes.length;
  }

  /** Puts bytes before the window. They must end where it starts; a partial first line is left out unless at 0. */
  prepend(bytes: Uint8Array, offset: number): void {
    const from = offset === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    const { lines } = cut(bytes.subarray(from), offset + from);
    const first = (this.#lines[0]?.number ?? this.#next) - lines.length;
    this.#lines = [...lines.map((line, i) => ({ ...line, number: first + i })), ...this.#lines];
    if (this.#lines.length <= this.#most) return;
    // Dropping at the end: the window no longer follows the log until it is read again.
    const dropped = this.#lines[this.#most];
    this.#lines = this.#lines.slice(0, this.#most);
    this.#next = (this.#lines.at(-1)?.number ?? this.#next) + 1;
    this.#rest = new Uint8Array();
    this.#restOffset = dropped?.offset ?? this.#restOffset;
    this.#end = this.#restOffset;
  }
}

function cut(bytes: Uint8Array, offset: number): { lines: Omit<LogLine, 'number'>[]; used: number } {
  const lines: Omit<LogLine, 'number'>[] = [];
  let from = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline < 0 ? bytes.length : newline;
    if (end - from > LONGEST_LINE) {
      lines.push({ offset: offset + from, text: settle(bytes.subarray(from, from + LONGEST_LINE)), complete: true });
      from += LONGEST_LINE;
      continue;
    }
    if (newline < 0) return { lines, used: from };
    lines.push({ offset: offset + from, text: settle(bytes.subarray(from, newline)), complete: true });
    from = newline + 1;
  }
}

/**
 * Control sequences that are not colours: cursor movement, titles, character sets, stray control characters. Written
 * as text, because a regular expression literal must not hold control characters.
 */
const NOT_COLOUR = new RegExp(
  [
    '\\u001b\\[[0-9;?]*[A-LN-Za-ln-z]',
    '\\u001b\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)',
    '\\u001b[()][A-Z0-9]',
    '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001a\\u007f]',
  ].join('|'),
  'g',
);

/** What a terminal shows of a line: a carriage return starts it over, so of a progress bar the last state remains. */
function settle(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  const parts = text.split('\r').filter((part) => part.length > 0);
  return (parts.at(-1) ?? '').replace(NOT_COLOUR, '');
}
