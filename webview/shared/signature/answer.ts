export interface OutputValues {
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * The outputs of an answer to one example, flat, when each is a few numbers; nothing for several examples, for words
 * and for whatever else a service may say. Takes predictions by output name, bare or as `{"predictions": …}`.
 */
export function barsOf(body: unknown, most: number): OutputValues[] {
  const inner = isRecord(body) && 'predictions' in body ? body.predictions : body;
  const named = Array.isArray(inner) ? { predictions: inner } : inner;
  if (!isRecord(named)) return [];
  const outputs = Object.entries(named).map(([name, value]) => {
    const isOne = Array.isArray(value) && value.length === 1;
    return { name, values: isOne ? (value as unknown[]).flat(16) : [] };
  });
  const fits = outputs.every(
    ({ values }) => values.length > 0 && values.length <= most && values.every((one) => typeof one === 'number'),
  );
  return fits ? (outputs as OutputValues[]) : [];
}

/** JSON with short arrays on one line, so that a vector of ten numbers does not fill a screen. */
export function compactJson(value: unknown): string {
  if (typeof value === 'string') return value;
  const text = JSON.stringify(value, undefined, 2) ?? '';
  return text.replace(/\[\s*((?:[^[\]{}]|\n)*?)\s*\]/g, (whole, inner: string) => {
    const line = inner.replace(/\s*\n\s*/g, ' ');
    return line.length < 160 ? `[${line}]` : whole;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
