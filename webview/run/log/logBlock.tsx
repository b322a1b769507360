import { memo } from 'preact/compat';
import type { Places } from '../ownPath.ts';
import type { Block, ShownLine } from './blocks.ts';
import { LogLineView } from './logLineView.tsx';

/** Drawn again only when a line of it changed: a live log grows at its end. */
export const LogBlock = memo(
  ({ block, found, places }: { block: Block; found: number | undefined; places: Places }) => (
    <div class="log-block">
      {block.lines.map(({ line, repeats, error }) => (
        <div key={line.offset} id={`line-${line.offset}`}>
          <LogLineView text={line.text} repeats={repeats} found={line.offset === found} error={error} places={places} />
        </div>
      ))}
    </div>
  ),
  (a, b) => a.found === b.found && isSame(a.block.lines, b.block.lines),
);

function isSame(a: readonly ShownLine[], b: readonly ShownLine[]): boolean {
  if (a.length !== b.length) return false;
  const [lastA, lastB] = [a.at(-1), b.at(-1)];
  return (
    a[0]?.line.offset === b[0]?.line.offset &&
    lastA?.line.offset === lastB?.line.offset &&
    lastA?.line.text === lastB?.line.text &&
    lastA?.repeats === lastB?.repeats
  );
}
