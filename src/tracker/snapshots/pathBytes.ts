// File names are bytes on Linux and need not be UTF-8. Inside the snapshots they are strings in which each byte that is
// not part of valid UTF-8 stands as one lone surrogate U+DC80..U+DCFF (Python's "surrogateescape", PEP 383), so that a
// name survives JSON and comes back byte for byte.

const ASCII = /^\p{ASCII}*$/u;

/** Decodes the bytes of a name. Never fails and never loses a byte. */
export function decodeName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\uFFFD') || Buffer.from(text, 'utf8').equals(bytes)) return text;
  return decodeByParts(bytes);
}

/** The bytes of a name or path made by decodeName. */
export function encodeName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name, 'utf8');
  const parts: Buffer[] = [];
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(char, 'utf8'));
  }
  return Buffer.concat(parts);
}

/** The path as one character per byte, which is what git's patterns see (`?` is one byte there, not one letter). */
export function byteString(path: string): string {
  return ASCII.test(path) ? path : encodeName(path).toString('latin1');
}

/** Whether the name is not valid UTF-8 on disk. */
export function isUndecodable(name: string): boolean {
  return !name.isWellFormed();
}

/** A name for people: undecodable bytes as `\xNN`, control characters escaped, on one line. */
export function displayName(name: string): string {
  let shown = '';
  for (const char of name) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) shown += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) shown += JSON.stringify(char).slice(1, -1);
    else shown += char;
  }
  return shown;
}

/** Joins a folder and a relative path to what the file system takes: a string, or bytes where the name is not UTF-8. */
export function nativePath(root: string, relative: string): string | Buffer {
  const joined = relative === '' ? root : root.endsWith('/') ? root + relative : `${root}/${relative}`;
  return !joined.isWellFormed() && process.platform !== 'win32' ? encodeName(joined) : joined;
}

function decodeByParts(bytes: Buffer): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let out = '';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at] ?? 0);
    const part = bytes.subarray(at, at + length);
    try {
      out += decoder.decode(part);
      at += length;
    } catch {
      // One bad byte is escaped and decoding resumes at the next, so valid letters after it stay letters.
      out += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    }
  }
  return out;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
