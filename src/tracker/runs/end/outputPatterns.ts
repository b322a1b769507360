import { parseRules } from '../../snapshots/ignore/rules.ts';
import { byteString } from '../../snapshots/pathBytes.ts';

/**
 * Whether a path, relative with `/`, is one of the outputs that a configuration names. The patterns are those of ignore
 * files: `model.onnx` anywhere, `checkpoints/**` or `checkpoints` with all below, `/report.html` only at the top,
 * `!*.tmp` takes back. Without patterns everything is an output.
 */
export function outputMatcher(patterns: readonly string[] | undefined): (path: string) => boolean {
  if (patterns === undefined || patterns.length === 0) return () => true;
  const text = patterns.map((pattern) => byteString(pattern.replace(/^\.\//, '/'))).join('\n');
  const { rules } = parseRules(text, { source: 'outputs', base: '', fold: false });
  return (path) => {
    const parts = withParents(byteString(path));
    const last = rules.findLast((rule) =>
      parts.some(({ inner, name, isFolder }) => (isFolder || !rule.directoriesOnly) && rule.matches(inner, name)),
    );
    return last !== undefined && !last.negative;
  };
}

/** The path itself and every folder above it. */
function withParents(path: string): { inner: string; name: string; isFolder: boolean }[] {
  const segments = path.split('/');
  return segments.map((name, index) => ({
    inner: segments.slice(0, index + 1).join('/'),
    name,
    isFolder: index < segments.length - 1,
  }));
}
