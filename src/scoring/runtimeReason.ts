/**
 * onnxruntime's own words on one line, without what only its authors need: codes, the path of the model, and the place
 * and signature of the C++ function that gave up.
 */
export function runtimeReason(error: unknown): string {
  let text = error instanceof Error ? error.message : String(error);
  text = text.replace(/^.*?ERROR_MESSAGE:\s*/s, '').replace(/^Load model from .*? failed:\s*/s, '');
  for (;;) {
    const place = /\/\S*onnxruntime\S*:\d+\s+/.exec(text);
    if (!place) break;
    const after = text.slice(place.index + place[0].length);
    text = text.slice(0, place.index) + withoutSignature(after);
  }
  return (text.trim().split('\n')[0] ?? '').trim().slice(0, 500);
}

/** `void a::b(const c<d>&, int) Message` → `Message`. Parentheses nest, so no pattern can tell where they end. */
function withoutSignature(text: string): string {
  const open = text.indexOf('(');
  if (open < 0 || !text.slice(0, open).includes('::')) return text;
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    if (text[index] === '(') depth++;
    if (text[index] === ')' && --depth === 0) {
      return text.slice(index + 1).replace(/^\s*(const|noexcept|\[[^\]]*\])?\s*/, '');
    }
  }
  return text;
}
