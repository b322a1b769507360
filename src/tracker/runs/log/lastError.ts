// Built from text, because the characters themselves may not stand in a regular expression.
const ESC = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
/** Colours and cursor movements, and what sets window titles and links. */
const ESCAPES = new RegExp(`${ESC}\\[[0-?]*[ -/]*[@-~]|${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)`, 'g');
const MAX_LENGTH = 300;
/** Of a longer line, such as 64 KB of blanks, no more is held against patterns: some take the square of its length. */
export const MAX_EXAMINED = 4000;

/** Text without terminal colours, with only what a carriage return left standing on each line. */
export function plainText(text: string): string {
  return text
    .replaceAll(ESCAPES, '')
    .split('\n')
    .map((line) => {
      const shown = line.replace(/\r+$/, '');
      return shown.slice(shown.lastIndexOf('\r') + 1);
    })
    .join('\n');
}

/**
 * The line near the end of a log that tells best why the program failed: the last line of a Python traceback, R's
 * `Error in`, a message of our wrapper, or a line that begins with an error's name. Undefined when there is none.
 */
export function lastErrorLine(tail: string): string | undefined {
  const lines = plainText(tail)
    .split('\n')
    .map((line) => line.slice(0, MAX_EXAMINED));
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? '';
    const wrapper = /^trainyard: (.+)$/.exec(line)?.[1];
    if (wrapper !== undefined) return cut(wrapper);
    if (isPythonError(line) && followsFrame(lines, at)) return cut(line);
    if (/^Error(?: in\b|:)/.test(line)) return cut(joined(lines, at));
    if (/^\s*(?:ERROR|FATAL|Fatal error|fatal|error|panic|Error)\b[: ]/.test(line)) return cut(line.trim());
  }
  return undefined;
}

/** `ValueError: shapes do not match`, `torch.cuda.OutOfMemoryError: …`, `KeyboardInterrupt`. */
export function isPythonError(line: string): boolean {
  return /^(?:[A-Za-z_][\w]*\.)*[A-Z_]\w*(?::\s.*|:)?$/.test(line);
}

/** The exception's line comes after indented frames, possibly with lines of its own message in between. */
function followsFrame(lines: readonly string[], at: number): boolean {
  for (let above = at - 1; above >= Math.max(0, at - 12); above--) {
    const line = lines[above] ?? '';
    if (/^\s*(?:\| )?\s+File ".*", line \d+/.test(line)) return true;
    if (/^Traceback \(most recent call last\):/.test(line)) return true;
  }
  return false;
}

/** R breaks its message after `Error in f(x) :`. */
function joined(lines: readonly string[], at: number): string {
  const line = (lines[at] ?? '').trimEnd();
  return line.endsWith(':') ? `${line} ${(lines[at + 1] ?? '').trim()}` : line;
}

function cut(line: string): string {
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}
