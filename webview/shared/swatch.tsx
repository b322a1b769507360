import type { SeriesStyle } from '../../src/shared/seriesStyle.ts';

/** A piece of a run's line, with its colour and its dash, before the run's name. */
export function Swatch({ color, dash }: Pick<SeriesStyle, 'color' | 'dash'>) {
  return (
    <svg class="swatch" width="16" height="4" aria-hidden="true">
      <line x1="0" x2="16" y1="2" y2="2" stroke={color} stroke-width="2" stroke-dasharray={dash.join(' ')} />
    </svg>
  );
}
